//! Letters that tokio answers; the event loop takes many answers out of its letterbox at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyLookupError, PyStopIteration, PyTimeoutError};
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::sync::Semaphore;

#[cfg(unix)]
mod delivery;
/// No loop can watch a socket by its number here: the bridge delivers.
#[cfg(not(unix))]
mod delivery {
    use pyo3::prelude::*;
    use pyo3_async_runtimes::generic;

    pub fn future_into_py<F, T>(py: Python<'_>, future: F) -> PyResult<Bound<'_, PyAny>>
    where
        F: Future<Output = PyResult<T>> + Send + 'static,
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        generic::future_into_py::<crate::Tokio, _, _>(py, future)
    }

    pub use future_into_py as poll_first;
}

/// Answers, but not at its first poll: it needs its runtime.
async fn ask(code: u64) -> PyResult<u64> {
    tokio::task::yield_now().await;
    Ok(2 * code + 1)
}

#[pyfunction]
fn bridged(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, ask(code))
}

#[pyfunction]
fn delivered(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
    delivery::future_into_py(py, ask(code))
}

#[pyfunction]
fn bridged_ready(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(2 * code + 1) })
}

#[pyfunction]
fn polled_first(py: Python<'_>, code: u64, ready: bool) -> PyResult<Bound<'_, PyAny>> {
    delivery::poll_first(py, async move {
        if ready {
            Ok(2 * code + 1)
        } else {
            ask(code).await
        }
    })
}

static HELD: AtomicUsize = AtomicUsize::new(0);
static ANSWERS: Semaphore = Semaphore::const_new(0);

/// A letter that waits for its answer.
struct Letter;

impl Letter {
    fn new() -> Self {
        HELD.fetch_add(1, Ordering::SeqCst);
        Letter
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until `answer` is called.
#[pyfunction]
fn held(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let letter = Letter::new();
    delivery::future_into_py(py, async {
        let _letter = letter;
        let answer = ANSWERS.acquire().await;
        answer.expect("nobody closes the semaphore").forget();
        Ok("answered")
    })
}

/// Answers `count` letters.
#[pyfunction]
fn answer(count: usize) {
    ANSWERS.add_permits(count);
}

/// How many letters there are.
#[pyfunction]
fn letters() -> usize {
    HELD.load(Ordering::SeqCst)
}

/// How many tasks there are on tokio.
#[pyfunction]
fn tasks() -> usize {
    get_runtime().metrics().num_alive_tasks()
}

/// Blocks until at most `left` tasks are left on tokio, and keeps the interpreter meanwhile.
#[pyfunction]
fn settle(left: usize) -> PyResult<()> {
    let patience = Instant::now() + Duration::from_secs(5);
    while tasks() > left {
        if Instant::now() > patience {
            let message = format!("{} tasks are left", tasks());
            return Err(PyTimeoutError::new_err(message));
        }
        thread::yield_now();
    }
    Ok(())
}

/// A result that answers a letter while it becomes a Python object, and waits for that task.
struct Answering;

impl<'py> IntoPyObject<'py> for Answering {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        answer(1);
        settle(0)?;
        Ok(py.None().into_bound(py))
    }
}

#[pyfunction]
fn answering(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    delivery::future_into_py(py, async { Ok(Answering) })
}

/// A result that becomes the number of the thread on which it does so.
struct MadeOn;

impl<'py> IntoPyObject<'py> for MadeOn {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        py.import("threading")?.call_method0("get_ident")
    }
}

#[pyfunction]
fn made_on(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    delivery::future_into_py(py, async { Ok(MadeOn) })
}

/// Ends in a bad way.
#[pyfunction]
fn ends(py: Python<'_>, how: String, at_once: bool) -> PyResult<Bound<'_, PyAny>> {
    let ending = async move {
        match how.as_str() {
            "panic" => panic!("no stamp"),
            "stop" => Err(PyStopIteration::new_err("no letter")),
            _ => Err::<(), _>(PyLookupError::new_err(how)),
        }
    };
    if at_once {
        delivery::poll_first(py, ending)
    } else {
        delivery::future_into_py(py, ending)
    }
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(bridged, module)?)?;
    module.add_function(wrap_pyfunction!(delivered, module)?)?;
    module.add_function(wrap_pyfunction!(bridged_ready, module)?)?;
    module.add_function(wrap_pyfunction!(polled_first, module)?)?;
    module.add_function(wrap_pyfunction!(held, module)?)?;
    module.add_function(wrap_pyfunction!(answer, module)?)?;
    module.add_function(wrap_pyfunction!(letters, module)?)?;
    module.add_function(wrap_pyfunction!(tasks, module)?)?;
    module.add_function(wrap_pyfunction!(settle, module)?)?;
    module.add_function(wrap_pyfunction!(answering, module)?)?;
    module.add_function(wrap_pyfunction!(made_on, module)?)?;
    module.add_function(wrap_pyfunction!(ends, module)?)?;
    module.add("RustPanic", module.py().get_type::<RustPanic>())?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    let atexit = module.py().import("atexit")?;
    atexit.call_method1("register", (at_exit,))?;
    Ok(())
}

/// Whether results may go to Python. Each delivery holds the lock for reading.
static DELIVERING: RwLock<bool> = RwLock::new(true);

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the interpreter to finish: let go of it, or this waits for ever.
    py.detach(|| {
        *DELIVERING
            .write()
            .expect("no delivery writes, so none can poison it") = false
    });
}

/// The bridge's tokio runtime, with deliveries that end before the interpreter does.
struct Tokio;

impl generic::Runtime for Tokio {
    type JoinError = tokio::task::JoinError;
    type JoinHandle = tokio::task::JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        get_runtime().spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        get_runtime().spawn_blocking(|| {
            let delivering = DELIVERING
                .read()
                .expect("no delivery writes, so none can poison it");
            if *delivering {
                deliver();
            }
        })
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
