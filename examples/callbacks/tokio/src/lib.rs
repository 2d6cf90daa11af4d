//! A feed of prices that calls Python back from tasks of Rust.

use std::future::Future;
use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, Mutex, RwLock};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic, into_future_with_locals};
use tokio::task::JoinSet;

// ANCHOR: without_loop
/// The mistake: the spawned task does not know the event loop.
#[pyfunction]
fn call_without_loop(py: Python<'_>, callback: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let task = tokio::spawn(async move {
            let result = attached(|py| {
                let coroutine = callback.bind(py).call1((7,))?;
                generic::into_future::<Tokio>(coroutine)
            });
            result?.await
        });
        task.await.map_err(failed)?
    })
}
// ANCHOR_END: without_loop

// ANCHOR: here
/// Calls it on the thread that runs the task.
#[pyfunction]
fn call_here(py: Python<'_>, callback: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(
        py,
        async move { attached(|py| callback.call1(py, (7,))) },
    )
}
// ANCHOR_END: here

// ANCHOR: on_loop
/// Hands it to the loop, and does not wait for its end.
#[pyfunction]
fn call_on_loop(py: Python<'_>, callback: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let locals = generic::get_current_locals::<Tokio>(py)?;
    generic::future_into_py::<Tokio, _, _>(py, async move {
        attached(|py| {
            let context = [("context", locals.context(py))].into_py_dict(py)?;
            let event_loop = locals.event_loop(py);
            event_loop.call_method("call_soon_threadsafe", (callback, 7), Some(&context))?;
            Ok(None::<()>)
        })
    })
}
// ANCHOR_END: on_loop

// ANCHOR: listener
/// A callback, with the loop and the context of whoever brought it.
struct Listener {
    callback: Py<PyAny>,
    locals: TaskLocals,
}

impl Listener {
    /// Calls it on the thread of its loop, and waits for its end.
    async fn call(&self, price: u32) -> PyResult<Py<PyAny>> {
        let result = attached(|py| {
            let call = py.import("feed")?.getattr("call")?;
            let coroutine = call.call1((&self.callback, price))?;
            into_future_with_locals(&self.locals, coroutine)
        });
        result?.await
    }
}
// ANCHOR_END: listener

// ANCHOR: feed
#[pyclass(frozen)]
#[derive(Default)]
struct Feed {
    listeners: Mutex<Vec<Arc<Listener>>>,
    tasks: Mutex<JoinSet<()>>,
}

#[pymethods]
impl Feed {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn subscribe(&self, py: Python<'_>, callback: Py<PyAny>) -> PyResult<()> {
        let locals = generic::get_current_locals::<Tokio>(py)?;
        let listener = Arc::new(Listener { callback, locals });
        self.listeners.lock().map_err(failed)?.push(listener);
        Ok(())
    }

    /// Starts a task that calls the listeners, and returns.
    fn publish(&self, price: u32) -> PyResult<()> {
        let listeners = self.listeners.lock().map_err(failed)?.clone();
        let calls = async move {
            for listener in listeners {
                if let Err(error) = listener.call(price).await {
                    report(&listener, error);
                }
            }
        };
        let mut tasks = self.tasks.lock().map_err(failed)?;
        tasks.spawn_on(calls, get_runtime().handle());
        Ok(())
    }

    /// Ends when all tasks have ended.
    fn drained<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let tasks = take(&mut *self.tasks.lock().map_err(failed)?);
        generic::future_into_py::<Tokio, _, _>(py, async {
            tasks.join_all().await;
            Ok(None::<()>)
        })
    }
}
// ANCHOR_END: feed

// ANCHOR: report
/// Nobody awaits a background task: its errors go where Python's own such errors go.
fn report(listener: &Listener, error: PyErr) {
    let reported = attached(|py| {
        error.write_unraisable(py, Some(listener.callback.bind(py)));
        Ok(())
    });
    // If Python is ending, there is nobody left to tell.
    reported.ok();
}
// ANCHOR_END: report

// ANCHOR: trace
tokio::task_local! {
    static REQUEST: String;
}

/// A line as a log would have it, with the request that it belongs to.
fn line(text: &str) -> String {
    let request = REQUEST.try_with(String::clone);
    format!("{}: {text}", request.as_deref().unwrap_or("nobody"))
}

#[pyfunction]
fn trace<'py>(py: Python<'py>, variable: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let request: String = variable.call_method0("get")?.extract()?;
    let work = async {
        let own = line("the future");
        let lost = tokio::spawn(async { line("a task") }).await;
        let kept = REQUEST.with(|request| request.clone());
        let kept = tokio::spawn(REQUEST.scope(kept, async { line("a task in a scope") })).await;
        Ok(vec![own, lost.map_err(failed)?, kept.map_err(failed)?])
    };
    generic::future_into_py::<Tokio, _, _>(py, REQUEST.scope(request, work))
}
// ANCHOR_END: trace

fn failed(error: impl std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(call_without_loop, module)?)?;
    module.add_function(wrap_pyfunction!(call_here, module)?)?;
    module.add_function(wrap_pyfunction!(call_on_loop, module)?)?;
    module.add_function(wrap_pyfunction!(trace, module)?)?;
    module.add_class::<Feed>()?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    module
        .py()
        .import("atexit")?
        .call_method1("register", (at_exit,))?;
    Ok(())
}

// ANCHOR: attached
/// Attaches as a delivery does: the exit of Python waits for it, and later ones are refused.
fn attached<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> PyResult<T> {
    let delivering = DELIVERING
        .read()
        .expect("no delivery writes, so none can poison it");
    if *delivering {
        Python::attach(work)
    } else {
        Err(PyRuntimeError::new_err("Python is ending"))
    }
}
// ANCHOR_END: attached

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
