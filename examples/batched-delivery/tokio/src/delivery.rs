//! Results of tokio, delivered to an event loop in batches, on the loop's own thread.
//! For Unix: it wakes the loop through a socket that the loop watches by its number.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{Read, Write};
use std::os::{fd::AsRawFd, unix::net::UnixStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::FutureExt;
use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use pyo3::{IntoPyObjectExt, PyTraverseError, PyVisit, intern};
use pyo3_async_runtimes::{err::RustPanic, get_running_loop, tokio as bridge};
use tokio::task::{AbortHandle, JoinSet};

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
    let event_loop = get_running_loop(py)?;
    let office = match Office::of(&event_loop) {
        Err(error) if error.is_instance_of::<PyNotImplementedError>(py) => {
            return bridge::future_into_py(py, future);
        }
        office => office?,
    };
    let future = bridge::scope(bridge::get_current_locals(py)?, future);
    let awaited = event_loop.call_method0(intern!(py, "create_future"))?;
    let (to, outbox) = (awaited.clone().unbind(), Arc::clone(&office.outbox));
    let task = office.start(async move {
        let result = AssertUnwindSafe(future).catch_unwind().await;
        outbox.put(to, Box::new(|py| into_object(py, result)));
    });
    // After a cancel, this drops the Rust future; otherwise it does nothing.
    let abort = PyCFunction::new_closure(py, None, None, move |_, _| task.abort())?;
    awaited.call_method1(intern!(py, "add_done_callback"), (abort,))?;
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
    // For timers, sockets and `tokio::spawn`.
    let _inside = bridge::get_runtime().enter();
    let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().now_or_never()));
    let Some(result) = polled.transpose() else {
        // tokio polls it again, with a waker of its own.
        return future_into_py(py, future);
    };
    let awaited = get_running_loop(py)?.call_method0(intern!(py, "create_future"))?;
    finish(&awaited, into_object(py, result))?;
    Ok(awaited)
}
// ANCHOR_END: poll_first

// ANCHOR: outbox
/// Results of tokio's threads for one loop. Nothing here needs the GIL.
struct Outbox {
    replies: Mutex<Vec<(Py<PyAny>, Answer)>>,
    wake: UnixStream,
}

/// Makes the Python object of a result, for the asyncio future beside it.
type Answer = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

impl Outbox {
    fn put(&self, to: Py<PyAny>, answer: Answer) {
        let mut replies = lock(&self.replies);
        replies.push((to, answer));
        // Only a reply that finds the box empty wakes the loop. The loop empties the whole box
        // under the same lock: each reply is either taken then, or finds the box empty again.
        if replies.len() == 1 {
            drop(replies);
            // It fails if the loop is closed, and then no task waits.
            (&self.wake).write_all(&[0]).ok();
        }
    }
}
// ANCHOR_END: outbox

/// What one loop owns. It is dropped when the loop is closed, and aborts its tasks then.
struct Office {
    tasks: Mutex<JoinSet<()>>,
    outbox: Arc<Outbox>,
    woken: UnixStream,
}

/// The key is the address of the loop, which lives as long as its office.
static OFFICES: Mutex<BTreeMap<usize, Weak<Office>>> = Mutex::new(BTreeMap::new());

impl Office {
    fn of(event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Self>> {
        let address = event_loop.as_ptr().addr();
        let known = lock(&OFFICES).get(&address).and_then(Weak::upgrade);
        if let Some(office) = known {
            return Ok(office);
        }
        let (wake, woken) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        let replies = Mutex::default();
        let office = Arc::new(Self {
            tasks: Mutex::default(),
            outbox: Arc::new(Outbox { replies, wake }),
            woken,
        });
        // In a context of its own: the loop would keep that of this caller.
        let context = event_loop
            .py()
            .import("contextvars")?
            .call_method0("Context")?;
        let add_reader = event_loop.getattr("add_reader")?;
        let drain = Drain(Arc::clone(&office));
        context.call_method1("run", (add_reader, office.woken.as_raw_fd(), drain))?;
        let mut offices = lock(&OFFICES);
        offices.retain(|_, office| office.strong_count() > 0);
        offices.insert(address, Arc::downgrade(&office));
        Ok(office)
    }

    fn start(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let mut tasks = lock(&self.tasks);
        // It keeps some memory of each ended task until that is joined.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, bridge::get_runtime().handle())
    }
}

// ANCHOR: drain
/// The loop calls this when its socket has something to read.
#[pyclass(frozen)]
struct Drain(Arc<Office>);

#[pymethods]
impl Drain {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        // Before the box is emptied, so that a later wake-up is not lost.
        let _ = (&self.0.woken).read(&mut [0; 64]);
        let replies = std::mem::take(&mut *lock(&self.0.outbox.replies));
        // An error, such as a Ctrl-C, goes to the loop after the others have their answers.
        let delivered = replies
            .into_iter()
            .map(|(to, answer)| finish(to.bind(py), answer(py)));
        delivered.fold(Ok(()), Result::and)
    }

    /// The loop holds this object; each future in the outbox holds the loop, and can be cleared.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // No thread runs Python while it holds this lock, so the wait is short.
        let replies = lock(&self.0.outbox.replies);
        replies.iter().try_for_each(|(to, _)| visit.call(to))
    }
}

fn finish(future: &Bound<'_, PyAny>, result: PyResult<Py<PyAny>>) -> PyResult<()> {
    let py = future.py();
    // It was cancelled, but the task had ended before the abort.
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    let set_exception = |error| future.call_method1(intern!(py, "set_exception"), (error,));
    match result {
        Ok(value) => future.call_method1(intern!(py, "set_result"), (value,)),
        // Some Pythons refuse a `StopIteration` with a `TypeError`, which then is the answer.
        Err(error) => set_exception(error).or_else(set_exception),
    }
    .map(drop)
}
// ANCHOR_END: drain

/// Makes the object, and an error of a panic, as the bridge does: it must end no other await.
fn into_object<T>(py: Python<'_>, result: std::thread::Result<PyResult<T>>) -> PyResult<Py<PyAny>>
where
    T: for<'py> IntoPyObject<'py>,
{
    let object = result.and_then(|it| catch_unwind(AssertUnwindSafe(|| it?.into_py_any(py))));
    object.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("unknown error");
        Err(RustPanic::new_err(format!("rust future panicked: {text}")))
    })
}

/// Nothing panics while it holds a lock here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
