//! A native module that passes the exceptions of Python on whole, and makes exception classes of its own errors.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::RwLock;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyRuntimeError, PyStopAsyncIteration, PyStopIteration};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};

// ANCHOR: relay
#[pyfunction]
fn relay_text(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    let answer = generic::into_future::<Tokio>(awaitable)?;
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let answer = answer.await;
        answer.map_err(|error| PyRuntimeError::new_err(format!("relay: {error}")))
    })
}

#[pyfunction]
fn relay(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    let answer = generic::into_future::<Tokio>(awaitable)?;
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let answer = answer.await?;
        Ok(answer)
    })
}
// ANCHOR_END: relay

// ANCHOR: relay_with_cause
#[pyfunction]
fn relay_with_cause(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    let answer = generic::into_future::<Tokio>(awaitable)?;
    generic::future_into_py::<Tokio, _, _>(py, async move {
        answer.await.map_err(|cause| {
            Python::attach(|py| {
                let error = PyRuntimeError::new_err("relay: Python failed");
                error.set_cause(py, Some(cause));
                error
            })
        })
    })
}
// ANCHOR_END: relay_with_cause

// ANCHOR: report
#[pyfunction]
fn report(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    let answer = generic::into_future::<Tokio>(awaitable)?;
    generic::future_into_py::<Tokio, _, _>(py, async move {
        match answer.await {
            Ok(_) => Ok(None),
            Err(error) => Python::attach(|py| told(py, &error)).map(Some),
        }
    })
}

/// The frames, the class and the text of an exception: what a log of Rust wants.
fn told(py: Python<'_>, error: &PyErr) -> PyResult<String> {
    let frames = error.traceback(py).map(|frames| frames.format());
    Ok(frames.transpose()?.unwrap_or_default() + &error.to_string())
}
// ANCHOR_END: report

// ANCHOR: classes
create_exception!(
    relay,
    DocumentError,
    PyException,
    "A document cannot be had."
);
create_exception!(relay, NotFound, DocumentError, "There is no such document.");
create_exception!(
    relay,
    Unreadable,
    DocumentError,
    "It is there, but not as text."
);

enum Failure {
    NotFound(String),
    Unreadable(String, io::Error),
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound(name) => NotFound::new_err(format!("no document {name}")),
            Failure::Unreadable(name, source) => Python::attach(|py| {
                let error = Unreadable::new_err(format!("{name} is not readable"));
                error.set_cause(py, Some(source.into()));
                error
            }),
        }
    }
}
// ANCHOR_END: classes

// ANCHOR: read
async fn text_of(folder: PathBuf, name: String) -> Result<String, Failure> {
    let text = tokio::fs::read_to_string(folder.join(&name)).await;
    text.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::NotFound(name),
        _ => Failure::Unreadable(name, error),
    })
}

#[pyfunction]
fn read(py: Python<'_>, folder: PathBuf, name: String) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(text_of(folder, name).await?) })
}
// ANCHOR_END: read

// ANCHOR: group
#[pyfunction]
fn read_all(py: Python<'_>, folder: PathBuf, names: Vec<String>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let (mut texts, mut errors) = (Vec::new(), Vec::<PyErr>::new());
        for name in names {
            match text_of(folder.clone(), name).await {
                Ok(text) => texts.push(text),
                Err(failure) => errors.push(failure.into()),
            }
        }
        match errors.is_empty() {
            true => Ok(texts),
            false => Err(Python::attach(|py| all_of(py, errors))?),
        }
    })
}

/// One exception for all. Before Python 3.11 there are no groups, and the first stands for all.
fn all_of(py: Python<'_>, mut errors: Vec<PyErr>) -> PyResult<PyErr> {
    let Ok(group) = py.import("builtins")?.getattr("ExceptionGroup") else {
        return Ok(errors.swap_remove(0));
    };
    let group = group.call1(("not all documents", errors))?;
    Ok(PyErr::from_value(group))
}
// ANCHOR_END: group

// ANCHOR: stop
#[pyfunction]
fn stop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, String>(py, async {
        Err(PyStopIteration::new_err("no more documents"))
    })
}

#[pyfunction]
fn stop_async(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, String>(py, async {
        Err(PyStopAsyncIteration::new_err("no more documents"))
    })
}
// ANCHOR_END: stop

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("DocumentError", py.get_type::<DocumentError>())?;
    module.add("NotFound", py.get_type::<NotFound>())?;
    module.add("Unreadable", py.get_type::<Unreadable>())?;
    module.add_function(wrap_pyfunction!(relay_text, module)?)?;
    module.add_function(wrap_pyfunction!(relay, module)?)?;
    module.add_function(wrap_pyfunction!(relay_with_cause, module)?)?;
    module.add_function(wrap_pyfunction!(report, module)?)?;
    module.add_function(wrap_pyfunction!(read, module)?)?;
    module.add_function(wrap_pyfunction!(read_all, module)?)?;
    module.add_function(wrap_pyfunction!(stop, module)?)?;
    module.add_function(wrap_pyfunction!(stop_async, module)?)?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    py.import("atexit")?.call_method1("register", (at_exit,))?;
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
