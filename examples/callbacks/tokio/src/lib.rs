//! A feed of prices that calls Python back from a task of Rust.

mod runtime;

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyRuntimeError, PyValueError, asyncio::QueueFull};
use pyo3::types::IntoPyDict;
use pyo3::{PyTraverseError, PyVisit, prelude::*, sync::PyOnceLock};
use pyo3_async_runtimes::tokio::{future_into_py, get_current_locals, get_runtime, into_future};
use pyo3_async_runtimes::{TaskLocals, err::RustPanic, into_future_with_locals};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

// ANCHOR: without_loop
/// The mistake: the spawned task does not know the event loop.
#[pyfunction]
fn call_without_loop(py: Python<'_>, callback: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let task = tokio::spawn(async move {
            Python::attach(|py| into_future(callback.bind(py).call1((7,))?))?.await
        });
        let joined = task.await;
        joined.map_err(|error| RustPanic::new_err(error.to_string()))?
    })
}
// ANCHOR_END: without_loop

// ANCHOR: here
/// Calls it on the thread that runs the task.
#[pyfunction]
fn call_here(py: Python<'_>, callback: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(
        py,
        async move { Python::attach(|py| callback.call1(py, (7,))) },
    )
}
// ANCHOR_END: here

// ANCHOR: on_loop
/// Hands it to the loop, and does not wait for its end.
#[pyfunction]
fn call_on_loop(py: Python<'_>, callback: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let locals = get_current_locals(py)?;
    future_into_py(py, async move {
        Python::attach(|py| {
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
    event_loop: Py<PyAny>,
    context: Py<PyAny>,
}

impl Listener {
    /// Calls it on the thread of its loop, and waits for its end.
    async fn call(&self, price: u32) -> PyResult<Py<PyAny>> {
        static CALL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let result = Python::attach(|py| {
            let locals = TaskLocals::new(self.event_loop.bind(py).clone());
            let locals = locals.with_context(self.context.bind(py).clone());
            let coroutine = CALL
                .import(py, "feed", "call")?
                .call1((&self.callback, price))?;
            into_future_with_locals(&locals, coroutine)
        });
        result?.await
    }
}
// ANCHOR_END: listener

// ANCHOR: feed
type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Calls its listeners with each price, in the order of `publish`, one call after the other.
///
/// Prices that still wait when the feed is dropped are not delivered.
#[pyclass(frozen)]
struct Feed {
    listeners: Mutex<Vec<Arc<Listener>>>,
    jobs: mpsc::Sender<Job>,
    task: AbortHandle,
}

#[pymethods]
impl Feed {
    /// `limit` is the number of prices that may wait for their turn.
    #[new]
    #[pyo3(signature = (limit = 1000))]
    fn new(limit: usize) -> Self {
        let (jobs, mut waiting) = mpsc::channel::<Job>(limit.max(1));
        let task = get_runtime().spawn(async move {
            while let Some(job) = waiting.recv().await {
                job.await;
            }
        });
        Self {
            listeners: Mutex::default(),
            jobs,
            task: task.abort_handle(),
        }
    }

    /// Has the running loop call `callback`, in the context of this call.
    fn subscribe(&self, py: Python<'_>, callback: Py<PyAny>) -> PyResult<()> {
        let locals = get_current_locals(py)?;
        let listener = Listener {
            callback,
            event_loop: locals.event_loop(py).unbind(),
            context: locals.context(py).unbind(),
        };
        self.listeners().push(Arc::new(listener));
        Ok(())
    }

    /// Prices published before still come. Raises ValueError if no such callback is subscribed.
    fn unsubscribe(&self, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        // A copy: comparing and dropping a callback runs Python code, which needs no lock of ours.
        let listeners = self.listeners().clone();
        for listener in listeners {
            if callback.eq(&listener.callback)? {
                self.listeners()
                    .retain(|other| !Arc::ptr_eq(other, &listener));
                return Ok(());
            }
        }
        Err(PyValueError::new_err("this callback is not subscribed"))
    }

    /// Returns at once. Raises asyncio.QueueFull if `limit` prices wait.
    fn publish(&self, price: u32) -> PyResult<()> {
        let listeners = self.listeners().clone();
        let calls = async move {
            for listener in listeners {
                if let Err(error) = listener.call(price).await {
                    report(&listener, error);
                }
            }
        };
        let sent = self.jobs.try_send(Box::pin(calls));
        sent.map_err(|error| QueueFull::new_err(error.to_string()))
    }

    /// Ends when what was published before has been delivered. A cancel stops the wait only.
    fn drained<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let jobs = self.jobs.clone();
        future_into_py(py, async move {
            let (turn, come) = oneshot::channel();
            let mark = async { turn.send(()).unwrap_or_default() };
            // If the feed is gone, `turn` is dropped with the mark.
            jobs.send(Box::pin(mark)).await.ok();
            come.await
                .map_err(|_| PyRuntimeError::new_err("the feed has been dropped"))?;
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: feed

    // ANCHOR: collected
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(listeners) = self.listeners.try_lock() else {
            return Ok(());
        };
        // The others are about to be called: they are not only this object's.
        for listener in listeners.iter().filter(|one| Arc::strong_count(one) == 1) {
            visit.call(&listener.callback)?;
            visit.call(&listener.event_loop)?;
            visit.call(&listener.context)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        let listeners = mem::take(&mut *self.listeners());
        drop(listeners);
    }
    // ANCHOR_END: collected
}

impl Feed {
    fn listeners(&self) -> MutexGuard<'_, Vec<Arc<Listener>>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// ANCHOR: report
/// Nobody awaits the task: errors go where Python's own such errors go.
fn report(listener: &Listener, error: PyErr) {
    Python::attach(|py| error.write_unraisable(py, Some(listener.callback.bind(py))));
}
// ANCHOR_END: report

// ANCHOR: trace
tokio::task_local! {
    static REQUEST: String;
}

/// A line of a log, with the request that it belongs to.
fn line(text: &str) -> String {
    let request = REQUEST.try_with(String::clone);
    format!("{}: {text}", request.as_deref().unwrap_or("nobody"))
}

#[pyfunction]
fn trace<'py>(py: Python<'py>, variable: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let request: String = variable.call_method0("get")?.extract()?;
    let work = async {
        let own = line("the future");
        let lost = tokio::spawn(async { line("a task") });
        let kept = REQUEST.scope(REQUEST.get(), async { line("a task in a scope") });
        let tasks = tokio::try_join!(lost, tokio::spawn(kept));
        let (lost, kept) = tasks.map_err(|error| RustPanic::new_err(error.to_string()))?;
        Ok([own, lost, kept])
    };
    future_into_py(py, REQUEST.scope(request, work))
}
// ANCHOR_END: trace

#[pymodule]
mod _native {
    use super::*;
    #[pymodule_export]
    use super::{Feed, call_here, call_on_loop, call_without_loop, trace};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        runtime::set_up(module.py())
    }
}
