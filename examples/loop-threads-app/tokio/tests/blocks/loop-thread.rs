//! Two loops run coroutines on threads of their own, and end.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    Python::initialize();
    let loops = Python::attach(|py| {
        PyResult::Ok([
            LoopThread::start(py, "quotes")?,
            LoopThread::start(py, "orders")?,
        ])
    })?;
    for background in loops {
        let locals = background.locals.clone();
        let asked = Python::attach(|py| {
            let slept = py.import("asyncio")?.call_method1("sleep", (0, "slept"))?;
            pyo3_async_runtimes::into_future_with_locals(&locals, slept)
        })?;
        let awaiting = pyo3_async_runtimes::tokio::get_runtime().block_on(asked)?;
        Python::attach(|py| {
            assert_eq!(awaiting.extract::<String>(py)?, "slept");
            background.stop(py)?;
            let closed = locals.event_loop(py).call_method0("is_closed")?;
            assert!(closed.extract::<bool>()?);
            PyResult::Ok(())
        })?;
    }
    Ok(())
}
