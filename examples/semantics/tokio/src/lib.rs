//! One future on both runtimes of the bridge and as an `async fn`, with every step that it takes noted.

mod runtime;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, RwLock};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3_async_runtimes::generic::{ContextExt, Runtime};
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::sync::oneshot;

// ANCHOR: work
/// Held by the future. It notes its beginning and its end, with the thread.
struct Held(Probe);

impl Held {
    fn new() -> Self {
        let probe = Probe::current();
        probe.note("started");
        Held(probe)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.note("dropped");
    }
}

/// The result. To become a Python object is a step of its own.
struct Answer(Probe);

impl<'py> IntoPyObject<'py> for Answer {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        self.0.note("converted");
        "42".into_pyobject(py)
    }
}

/// Waits until the script calls `answer`.
async fn work() -> Answer {
    let held = Held::new();
    asked().await;
    // A future that was cancelled before the answer is dropped here, not later.
    yield_now().await;
    held.0.note("finished");
    Answer(held.0)
}
// ANCHOR_END: work

async fn asked() {
    let (sender, answer) = oneshot::channel();
    ASKED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((Probe::current(), sender));
    ASKING.notify_all();
    answer.await.expect("the list keeps every sender");
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn work_with(object: Py<PyAny>) -> Answer {
    let answer = work().await;
    drop(object);
    answer
}

async fn work_in_child<R: Runtime>() -> PyResult<Option<()>> {
    let child = R::spawn(async {
        work().await;
    });
    child.await.ok();
    Ok(None)
}

async fn give_up<R: Runtime + ContextExt>(awaitable: Py<PyAny>) -> PyResult<Option<()>> {
    let python = Python::attach(|py| generic::into_future::<R>(awaitable.into_bound(py)))?;
    let held = Held::new();
    asked().await;
    drop(python);
    drop(held);
    Ok(None)
}

async fn await_python<R: Runtime + ContextExt>(awaitable: Py<PyAny>) -> PyResult<Py<PyAny>> {
    let held = Held::new();
    let python = Python::attach(|py| generic::into_future::<R>(awaitable.into_bound(py)))?;
    let result = python.await;
    if let Err(error) = &result {
        let name = Python::attach(|py| error.get_type(py).name().map(|name| name.to_string()));
        held.0.note(&format!("gets {}", name?));
    }
    result
}

async fn call_python(callable: Py<PyAny>) -> PyResult<Py<PyAny>> {
    Python::attach(|py| callable.call0(py))
}

async fn arguments(copied: Vec<i64>, shared: Py<PyAny>) -> (Vec<i64>, Py<PyAny>) {
    work().await;
    (copied, shared)
}

async fn loop_reference<R: Runtime + ContextExt>(in_child: bool) -> Option<Py<PyAny>> {
    let look =
        || R::get_task_locals().map(|locals| Python::attach(|py| locals.event_loop(py).unbind()));
    if !in_child {
        return look();
    }
    let (sender, found) = oneshot::channel();
    drop(R::spawn(async move {
        let seen = look();
        // It wakes the loop of an `async fn`, which acquires the GIL: that is a delivery too.
        drop(R::spawn_blocking(|| drop(sender.send(seen))));
    }));
    found.await.ok().flatten()
}

async fn panic() -> Answer {
    let _held = Held::new();
    // Like `panic!`, but without its lines on standard error.
    resume_unwind(Box::new("no answer"));
}

/// The bridge, on one of its two runtimes.
#[pyclass(frozen)]
struct Bridge {
    async_std: bool,
}

macro_rules! bridged {
    ($bridge:ident, $py:ident, $runtime:ident => $future:expr) => {
        if $bridge.async_std {
            type $runtime = AsyncStd;
            generic::future_into_py::<AsyncStd, _, _>($py, $future)
        } else {
            type $runtime = Tokio;
            generic::future_into_py::<Tokio, _, _>($py, $future)
        }
    };
    ($bridge:ident, $py:ident, $future:expr) => {
        if $bridge.async_std {
            generic::future_into_py::<AsyncStd, _, _>($py, $future)
        } else {
            generic::future_into_py::<Tokio, _, _>($py, $future)
        }
    };
}

type Awaitable<'py> = PyResult<Bound<'py, PyAny>>;

#[pymethods]
impl Bridge {
    #[new]
    fn new(runtime: &str) -> PyResult<Self> {
        match runtime {
            "tokio" => Ok(Bridge { async_std: false }),
            "async-std" => Ok(Bridge { async_std: true }),
            _ => Err(PyValueError::new_err("tokio or async-std")),
        }
    }

    fn work<'py>(&self, py: Python<'py>) -> Awaitable<'py> {
        bridged!(self, py, async { Ok(work().await) })
    }

    fn work_with<'py>(&self, py: Python<'py>, object: Py<PyAny>) -> Awaitable<'py> {
        bridged!(self, py, async { Ok(work_with(object).await) })
    }

    fn work_in_child<'py>(&self, py: Python<'py>) -> Awaitable<'py> {
        bridged!(self, py, R => work_in_child::<R>())
    }

    fn give_up<'py>(&self, py: Python<'py>, awaitable: Py<PyAny>) -> Awaitable<'py> {
        bridged!(self, py, R => give_up::<R>(awaitable))
    }

    fn await_python<'py>(&self, py: Python<'py>, awaitable: Py<PyAny>) -> Awaitable<'py> {
        bridged!(self, py, R => await_python::<R>(awaitable))
    }

    fn call_python<'py>(&self, py: Python<'py>, callable: Py<PyAny>) -> Awaitable<'py> {
        bridged!(self, py, call_python(callable))
    }

    fn arguments<'py>(
        &self,
        py: Python<'py>,
        copied: Vec<i64>,
        shared: Py<PyAny>,
    ) -> Awaitable<'py> {
        bridged!(self, py, async { Ok(arguments(copied, shared).await) })
    }

    fn loop_reference<'py>(&self, py: Python<'py>, in_child: bool) -> Awaitable<'py> {
        bridged!(self, py, R => async move { Ok(loop_reference::<R>(in_child).await) })
    }

    fn panic<'py>(&self, py: Python<'py>) -> Awaitable<'py> {
        bridged!(self, py, async { Ok(panic().await) })
    }
}

/// PyO3's own `async fn`. Its children, which need a runtime, are on tokio.
#[pyclass(frozen)]
struct AsyncFn;

#[pymethods]
impl AsyncFn {
    #[new]
    fn new() -> Self {
        AsyncFn
    }

    async fn work(&self) -> Answer {
        work().await
    }

    async fn work_with(&self, object: Py<PyAny>) -> Answer {
        work_with(object).await
    }

    async fn work_in_child(&self) -> PyResult<Option<()>> {
        work_in_child::<Tokio>().await
    }

    async fn give_up(&self, awaitable: Py<PyAny>) -> PyResult<Option<()>> {
        give_up::<Tokio>(awaitable).await
    }

    async fn await_python(&self, awaitable: Py<PyAny>) -> PyResult<Py<PyAny>> {
        await_python::<Tokio>(awaitable).await
    }

    async fn call_python(&self, callable: Py<PyAny>) -> PyResult<Py<PyAny>> {
        call_python(callable).await
    }

    async fn arguments(&self, copied: Vec<i64>, shared: Py<PyAny>) -> (Vec<i64>, Py<PyAny>) {
        arguments(copied, shared).await
    }

    async fn loop_reference(&self, in_child: bool) -> Option<Py<PyAny>> {
        loop_reference::<Tokio>(in_child).await
    }

    async fn panic(&self) -> Answer {
        panic().await
    }
}

/// Steps and questions belong to the probe during which the future began.
#[derive(Clone, Copy, PartialEq)]
struct Probe(u64);

static PROBE: AtomicU64 = AtomicU64::new(0);
static ASKED: Mutex<Vec<(Probe, oneshot::Sender<()>)>> = Mutex::new(Vec::new());
static ASKING: Condvar = Condvar::new();
static STEPS: Mutex<VecDeque<(String, String)>> = Mutex::new(VecDeque::new());
static STEPPED: Condvar = Condvar::new();
static ALOUD: AtomicBool = AtomicBool::new(false);

impl Probe {
    fn current() -> Self {
        Probe(PROBE.load(Ordering::SeqCst))
    }

    fn note(self, step: &str) {
        // Before the lock: a holder of the lock must not wait for the GIL.
        let thread = this_thread();
        let mut steps = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
        if self == Probe::current() {
            if ALOUD.load(Ordering::SeqCst) {
                println!("{step}");
            }
            steps.push_back((step.to_owned(), thread));
            STEPPED.notify_all();
        }
    }
}

/// Forgets the futures of earlier probes. From now on each step may be printed, too.
#[pyfunction]
fn begin(aloud: bool) {
    let mut steps = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
    PROBE.fetch_add(1, Ordering::SeqCst);
    ALOUD.store(aloud, Ordering::SeqCst);
    steps.clear();
}

/// Gives the future of this probe its answer, wherever it is by now.
#[pyfunction]
fn answer(py: Python<'_>) {
    let sender = py.detach(|| {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let mine = |(probe, _): &(Probe, _)| *probe == Probe::current();
            if let Some(place) = asked.iter().position(mine) {
                return asked.remove(place).1;
            }
            asked = ASKING.wait(asked).unwrap_or_else(PoisonError::into_inner);
        }
    });
    // The future that asked may have been dropped.
    sender.send(()).ok();
}

/// The next step and its thread, or `None` if there is none in this time.
#[pyfunction]
fn next_step(py: Python<'_>, seconds: f64) -> PyResult<Option<(String, String)>> {
    let time = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    py.detach(|| {
        let steps = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut steps, _) = STEPPED
            .wait_timeout_while(steps, time, |steps| steps.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        Ok(steps.pop_front())
    })
}

thread_local! {
    static POLLS: Cell<bool> = const { Cell::new(false) };
}

/// Marks each thread that polls the future: by that, a worker differs from the blocking pool.
async fn on_workers(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    poll_fn(|context| {
        POLLS.set(true);
        future.as_mut().poll(context)
    })
    .await;
}

/// Which kind of thread of a runtime it is, or Python's name for it.
#[pyfunction]
fn this_thread() -> String {
    let python = |py: Python<'_>| -> PyResult<String> {
        let thread = py.import("threading")?.call_method0("current_thread")?;
        thread.getattr("name")?.extract()
    };
    match thread::current().name() {
        Some("tokio-rt-worker" | "async-std/runtime") if POLLS.get() => "worker".to_owned(),
        Some("tokio-rt-worker") => "blocking pool".to_owned(),
        Some(name) if name.starts_with("blocking-") => "blocking pool".to_owned(),
        _ => Python::attach(python).unwrap_or_default(),
    }
}

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::{AsyncFn, Bridge, answer, begin, next_step, this_thread};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        let at_exit = wrap_pyfunction!(stop_deliveries, py)?;
        py.import("atexit")?.call_method1("register", (at_exit,))?;
        crate::runtime::set_up(py)
    }
}

/// Whether results of async-std may be delivered. `runtime.rs` stops the threads of tokio.
static DELIVERING: RwLock<bool> = RwLock::new(true);

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the GIL to finish: without the detach, this would deadlock.
    py.detach(|| *DELIVERING.write().unwrap_or_else(PoisonError::into_inner) = false);
}

fn deliver_unless_stopped(deliver: impl FnOnce()) {
    let delivering = DELIVERING.read().unwrap_or_else(PoisonError::into_inner);
    if *delivering {
        deliver();
    }
}

/// The bridge's tokio runtime, which notes the threads that poll: the bridge's own type does not.
struct Tokio;

impl generic::Runtime for Tokio {
    type JoinError = tokio::task::JoinError;
    type JoinHandle = tokio::task::JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        get_runtime().spawn(on_workers(future))
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        get_runtime().spawn_blocking(deliver)
    }
}

tokio::task_local! {
    static LOCALS: TaskLocals;
}

impl generic::ContextExt for Tokio {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(LOCALS.scope(locals, future))
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LOCALS.try_with(TaskLocals::clone).ok()
    }
}

/// The async-std runtime, with deliveries that end before Python finalizes.
struct AsyncStd;

impl generic::Runtime for AsyncStd {
    type JoinError = Panic;
    type JoinHandle = async_std::task::JoinHandle<Result<(), Panic>>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        async_std::task::spawn(
            AssertUnwindSafe(on_workers(future))
                .catch_unwind()
                .map(|end| end.map_err(Panic)),
        )
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        async_std::task::spawn_blocking(|| {
            let deliver = AssertUnwindSafe(|| deliver_unless_stopped(deliver));
            catch_unwind(deliver).map_err(Panic)
        })
    }
}

/// What a task panicked with; async-std itself has no such error.
struct Panic(Box<dyn Any + Send + 'static>);

impl generic::JoinError for Panic {
    fn is_panic(&self) -> bool {
        true
    }

    fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.0
    }
}

async_std::task_local! {
    static STD_LOCALS: RefCell<Option<TaskLocals>> = RefCell::new(None);
}

impl generic::ContextExt for AsyncStd {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(async move {
            STD_LOCALS.with(|cell| cell.replace(Some(locals)));
            future.await
        })
    }

    fn get_task_locals() -> Option<TaskLocals> {
        STD_LOCALS
            .try_with(|cell| cell.borrow().clone())
            .ok()
            .flatten()
    }
}
