//! The bridge's `future_into_py`, with deliveries that end before the interpreter does.

use std::future::Future;
use std::pin::Pin;
use std::sync::RwLock;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{get_current_locals, get_runtime, scope};
use pyo3_async_runtimes::{TaskLocals, generic};

/// Whether results may go to Python. Each delivery holds the lock for reading.
static DELIVERING: RwLock<bool> = RwLock::new(true);

// ANCHOR: call
/// To be called instead of the bridge's function of this name.
pub fn future_into_py<F, T>(py: Python<'_>, future: F) -> PyResult<Bound<'_, PyAny>>
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let locals = get_current_locals(py)?;
    // In the scope, `into_future` finds the event loop, as it does in the bridge's own futures.
    let future = scope(locals.clone(), future);
    generic::future_into_py_with_locals::<Tokio, _, _>(py, locals, future)
}

/// To be called once, when the module is made.
pub fn at_exit(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let stop = wrap_pyfunction!(stop_deliveries, module)?;
    let atexit = module.py().import("atexit")?;
    atexit.call_method1("register", (stop,)).map(drop)
}
// ANCHOR_END: call

// ANCHOR: stop
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

/// The bridge's tokio runtime, but for its deliveries.
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
// ANCHOR_END: stop

// ANCHOR: context
/// The bridge keeps the locals: `future_into_py` has put the future into its scope.
impl generic::ContextExt for Tokio {
    fn scope<F, R>(_: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(future)
    }

    fn get_task_locals() -> Option<TaskLocals> {
        None
    }
}
// ANCHOR_END: context
