//! Results of tokio, delivered to an event loop in batches, on the loop's own thread.
//!
//! For Unix: it wakes the loop through a socket that the loop watches by its number.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io::{ErrorKind, Read, Write};
use std::mem;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyNotImplementedError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::{PyTraverseError, PyVisit};
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio as bridge;
use slab::Slab;
use tokio::task::AbortHandle;

// ANCHOR: future_into_py
/// Starts `future` on tokio, and returns the asyncio future that ends with it.
///
/// To be called on the thread of a running loop. The result becomes a Python object on that thread,
/// and a cancel drops `future` on a thread of tokio. A panic, of `future` or of that conversion,
/// raises `RustPanic`. A loop that cannot watch a file gets its results through the bridge.
pub fn future_into_py<F, T>(py: Python<'_>, future: F) -> PyResult<Bound<'_, PyAny>>
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let event_loop = running_loop(py)?;
    let office = match Office::of(&event_loop) {
        Err(error) if error.is_instance_of::<PyNotImplementedError>(py) => {
            return bridge::future_into_py(py, future);
        }
        office => office?,
    };
    let future = bridge::scope(bridge::get_current_locals(py)?, future);
    let awaited = event_loop.call_method0(intern!(py, "create_future"))?;
    let abort = Py::new(py, Abort(OnceLock::new()))?;
    awaited.call_method1(intern!(py, "add_done_callback"), (&abort,))?;
    let waiting = Waiting {
        future: awaited.clone().unbind(),
        abort: abort.clone_ref(py),
    };
    let reply = Reply {
        to: lock(&office.waiting).insert(waiting),
        outbox: Arc::clone(&office.outbox),
        answer: None,
    };
    let task = bridge::get_runtime().spawn(answer(future, reply));
    // Nobody else sets it, and before the next turn of the loop nobody looks.
    abort.get().0.set(task.abort_handle()).ok();
    Ok(awaited)
}
// ANCHOR_END: future_into_py

// ANCHOR: poll_first
/// Polls `future` here once. If it is ready, so is the asyncio future, and no thread is woken.
///
/// Until its first wait, `future` runs as the body of a `#[pyfunction]` does: it must not block.
pub fn poll_first<F, T>(py: Python<'_>, future: F) -> PyResult<Bound<'_, PyAny>>
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let mut future = Box::pin(future);
    let polled = {
        // For timers, sockets and `tokio::spawn`.
        let _inside = bridge::get_runtime().enter();
        poll(future.as_mut(), &mut Context::from_waker(Waker::noop()))
    };
    match polled {
        // tokio polls it again, with a waker of its own.
        Poll::Pending => future_into_py(py, future),
        Poll::Ready(result) => {
            let awaited = running_loop(py)?.call_method0(intern!(py, "create_future"))?;
            finish(&awaited, into_object(py, result))?;
            Ok(awaited)
        }
    }
}
// ANCHOR_END: poll_first

/// Makes the Python object of a result.
type Answer = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Goes to the outbox when it is dropped: at the end of a task, and also if the task is aborted.
struct Reply {
    to: usize,
    outbox: Arc<Outbox>,
    answer: Option<Answer>,
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.outbox.put(self.to, self.answer.take());
    }
}

async fn answer<F, T>(future: F, mut reply: Reply)
where
    F: Future<Output = PyResult<T>>,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let mut future = pin!(future);
    let result = poll_fn(|context| poll(future.as_mut(), context)).await;
    reply.answer = Some(Box::new(|py| into_object(py, result)));
}

/// Makes the object, and an error of a panic meanwhile: it must not end the delivery of the others.
fn into_object<T>(py: Python<'_>, result: PyResult<T>) -> PyResult<Py<PyAny>>
where
    T: for<'py> IntoPyObject<'py>,
{
    catch_unwind(AssertUnwindSafe(|| result?.into_py_any(py)))
        .unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Polls, and makes an error of a panic, as the bridge does.
fn poll<F, T>(future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<PyResult<T>>
where
    F: Future<Output = PyResult<T>>,
{
    catch_unwind(AssertUnwindSafe(|| future.poll(context)))
        .unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
}

fn panicked(panic: &(dyn Any + Send)) -> PyErr {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("unknown error");
    RustPanic::new_err(format!("rust future panicked: {text}"))
}

// ANCHOR: outbox
/// What tokio's threads have for one loop. They touch nothing of Python.
struct Outbox {
    answers: Mutex<Vec<(usize, Option<Answer>)>>,
    wake: UnixStream,
}

impl Outbox {
    fn put(&self, to: usize, answer: Option<Answer>) {
        let mut answers = lock(&self.answers);
        answers.push((to, answer));
        // Whoever finds the box empty wakes the loop, and nobody else. The loop empties the whole
        // box under the same lock: an answer is in what it takes, or finds the box empty again.
        let wakes = answers.len() == 1;
        drop(answers);
        if wakes {
            // It fails if the loop is closed, and nobody waits then.
            (&self.wake).write_all(&[0]).ok();
        }
    }
}
// ANCHOR_END: outbox

/// What one loop owns: it goes when the loop is closed.
struct Office {
    /// Used on the thread of the loop only.
    waiting: Mutex<Slab<Waiting>>,
    outbox: Arc<Outbox>,
    woken: UnixStream,
}

struct Waiting {
    future: Py<PyAny>,
    abort: Py<Abort>,
}

/// By the address of the loop, which lives as long as its office.
static OFFICES: Mutex<BTreeMap<usize, Weak<Office>>> = Mutex::new(BTreeMap::new());

impl Office {
    fn of(event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Self>> {
        let address = event_loop.as_ptr().addr();
        let known = lock(&OFFICES).get(&address).and_then(Weak::upgrade);
        if let Some(office) = known {
            return Ok(office);
        }
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let answers = Mutex::default();
        let office = Arc::new(Self {
            waiting: Mutex::default(),
            outbox: Arc::new(Outbox { answers, wake }),
            woken,
        });
        // In a context of its own: the loop would keep that of this caller.
        let py = event_loop.py();
        let context = py.import("contextvars")?.getattr("Context")?.call0()?;
        let add_reader = event_loop.getattr("add_reader")?;
        let drain = Drain(Arc::clone(&office));
        context.call_method1("run", (add_reader, office.woken.as_raw_fd(), drain))?;
        lock(&OFFICES).insert(address, Arc::downgrade(&office));
        Ok(office)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        lock(&OFFICES).retain(|_, office| office.strong_count() > 0);
        self.give_up();
    }
}

// ANCHOR: drain
/// What the loop calls when its socket has something to read.
#[pyclass(frozen)]
struct Drain(Arc<Office>);

#[pymethods]
impl Drain {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        // Before the box is emptied: a wake-up that comes after that must stay.
        self.0.hear()?;
        let answers = mem::take(&mut *lock(&self.0.outbox.answers));
        let mut delivered = Ok(());
        for (to, answer) in answers {
            let Some(Waiting { future, abort }) = lock(&self.0.waiting).try_remove(to) else {
                continue;
            };
            // A task that was aborted has none.
            let Some(answer) = answer else { continue };
            // An error, such as a Ctrl-C, is the loop's, and the others still get their answers.
            delivered = delivered.and(deliver(future.bind(py), &abort, answer));
        }
        delivered
    }

    /// The loop holds this object, and each future that waits holds the loop.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // To wait for the lock could be for ever: its holder may be stopped for this collection.
        let Ok(waiting) = self.0.waiting.try_lock() else {
            return Ok(());
        };
        waiting.iter().try_for_each(|(_, waiting)| {
            visit.call(&waiting.future)?;
            visit.call(&waiting.abort)
        })
    }

    fn __clear__(&self) {
        self.0.give_up();
    }
}

fn deliver(future: &Bound<'_, PyAny>, abort: &Py<Abort>, answer: Answer) -> PyResult<()> {
    let py = future.py();
    // It was cancelled, and the task ended before it heard of that.
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    future.call_method1(intern!(py, "remove_done_callback"), (abort,))?;
    finish(future, answer(py))
}
// ANCHOR_END: drain

impl Office {
    /// Drops all that waits, on both sides.
    fn give_up(&self) {
        let waiting = mem::take(&mut *lock(&self.waiting));
        for (_, waiting) in &waiting {
            waiting.abort.get().now();
        }
    }

    /// Takes all wake-ups out of the socket.
    fn hear(&self) -> PyResult<()> {
        match (&self.woken).read(&mut [0; 64]) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn finish(future: &Bound<'_, PyAny>, result: PyResult<Py<PyAny>>) -> PyResult<()> {
    let py = future.py();
    let set_exception =
        |error: PyErr| future.call_method1(intern!(py, "set_exception"), (error.into_value(py),));
    match result {
        Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
        // Some Pythons refuse a `StopIteration` with a `TypeError`, and that is the answer then.
        Err(error) => set_exception(error).or_else(set_exception)?,
    };
    Ok(())
}

/// Called when the asyncio future was cancelled: it drops the Rust future.
#[pyclass(frozen)]
struct Abort(OnceLock<AbortHandle>);

impl Abort {
    fn now(&self) {
        if let Some(task) = self.0.get() {
            task.abort();
        }
    }
}

#[pymethods]
impl Abort {
    fn __call__(&self, _future: &Bound<'_, PyAny>) {
        self.now();
    }
}

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    GET.import(py, "asyncio", "get_running_loop")?.call0()
}

/// Nothing panics while it holds a lock here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
