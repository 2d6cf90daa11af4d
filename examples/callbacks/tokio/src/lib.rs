//! A feed of prices that calls Python back from a task of Rust.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use pyo3::exceptions::{PyRuntimeError, asyncio::QueueFull};
    use pyo3::{PyTraverseError, PyVisit, prelude::*, sync::PyOnceLock, types::PyList};
    use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
    use pyo3_async_runtimes::{TaskLocals, into_future_with_locals};
    use tokio::{sync::mpsc, sync::oneshot, task::JoinSet};

    // ANCHOR: listener
    /// A callback, with the loop and the context of its `subscribe` call.
    type Listener = (Py<PyAny>, Py<PyAny>, Py<PyAny>);

    /// Calls it on the thread of its loop, and waits for its end.
    async fn call((callback, event_loop, context): &Listener, price: u32) -> PyResult<Py<PyAny>> {
        static CALL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let called = Python::attach(|py| {
            let locals = TaskLocals::new(event_loop.bind(py).clone());
            let locals = locals.with_context(context.bind(py).clone());
            let call = CALL.import(py, "feed", "call")?;
            into_future_with_locals(&locals, call.call1((callback, price))?)
        });
        called?.await
    }
    // ANCHOR_END: listener

    // ANCHOR: report
    /// This task is not awaited, so errors go to `sys.unraisablehook`.
    async fn deliver(mut jobs: mpsc::Receiver<Job>) {
        while let Some((price, listeners, done)) = jobs.recv().await {
            for listener in listeners {
                if let Err(error) = call(&listener, price).await {
                    Python::attach(|py| error.write_unraisable(py, Some(listener.0.bind(py))));
                }
            }
            done.send(()).ok();
        }
    }
    // ANCHOR_END: report

    // ANCHOR: feed
    type Job = (u32, Vec<Listener>, oneshot::Sender<()>);

    #[pyclass(frozen)]
    struct Feed {
        /// Tuples with the fields of `Listener`.
        listeners: Py<PyList>,
        jobs: mpsc::Sender<Job>,
        /// Aborted when the feed is dropped.
        _task: JoinSet<()>,
    }

    #[pymethods]
    impl Feed {
        /// `limit` is the number of prices that may wait for their turn.
        #[new]
        fn new(listeners: Py<PyList>, limit: usize) -> Self {
            let (jobs, waiting) = mpsc::channel(limit.max(1));
            let mut task = JoinSet::new();
            task.spawn_on(deliver(waiting), get_runtime().handle());
            Self {
                listeners,
                jobs,
                _task: task,
            }
        }

        /// Returns at once. Raises asyncio.QueueFull if `limit` prices wait.
        fn publish(&self, py: Python<'_>, price: u32) -> PyResult<()> {
            let job = (price, self.listeners.extract(py)?, oneshot::channel().0);
            let sent = self.jobs.try_send(job);
            sent.map_err(|error| QueueFull::new_err(error.to_string()))
        }

        /// Ends when what was published before has been delivered. A cancel stops the wait only.
        fn drained<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let jobs = self.jobs.clone();
            future_into_py(py, async move {
                let (done, come) = oneshot::channel();
                // If the feed is gone, `done` is dropped with this job.
                jobs.send((0, Vec::new(), done)).await.ok();
                let gone = |_| PyRuntimeError::new_err("the feed has been dropped");
                come.await.map_err(gone).map(|()| None::<()>)
            })
        }

        fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
            visit.call(&self.listeners)
        }
    }
    // ANCHOR_END: feed

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
