//! Ways to call a listener in Python from Rust, of which one is a mistake.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use pyo3::{prelude::*, types::IntoPyDict};
    use pyo3_async_runtimes::err::RustPanic;
    use pyo3_async_runtimes::tokio::{future_into_py, get_current_locals, into_future};

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

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
