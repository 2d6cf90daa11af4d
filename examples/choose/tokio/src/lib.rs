//! One wait, given to Python in four ways that can be compared.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::future::{Future, poll_fn};
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use std::{io, pin::pin, thread, time::Duration};

    use pyo3::{exceptions::PyValueError, prelude::*};
    use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};

    // ANCHOR: ways
    /// The bridge: an asyncio future that ends when a task on tokio does.
    #[pyfunction]
    fn bridge(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, wait(seconds))
    }

    /// PyO3's own `async fn`: a coroutine that the event loop polls itself.
    #[pyfunction]
    async fn bare(seconds: f64) -> PyResult<String> {
        wait(seconds).await
    }

    /// The same, with tokio entered for each poll.
    #[pyfunction]
    async fn entered(seconds: f64) -> PyResult<String> {
        let mut waiting = pin!(wait(seconds));
        poll_fn(|context| {
            let _tokio = get_runtime().enter();
            waiting.as_mut().poll(context)
        })
        .await
    }

    /// A plain function that waits on the thread that called it.
    #[pyfunction]
    fn blocks(py: Python<'_>, seconds: f64) -> PyResult<String> {
        py.detach(|| get_runtime().block_on(wait(seconds)))
    }
    // ANCHOR_END: ways

    // ANCHOR: wait
    static STARTED: AtomicU32 = AtomicU32::new(0);
    static FINISHED: AtomicU32 = AtomicU32::new(0);
    static DROPPED: AtomicU32 = AtomicU32::new(0);

    /// Waits for a tokio timer; the answer is the thread that ran it.
    async fn wait(seconds: f64) -> PyResult<String> {
        let duration = Duration::try_from_secs_f64(seconds)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let _dropped = CountsItsDrop;
        STARTED.fetch_add(1, SeqCst);
        tokio::time::sleep(duration).await;
        FINISHED.fetch_add(1, SeqCst);
        this_thread()
    }
    // ANCHOR_END: wait

    struct CountsItsDrop;

    impl Drop for CountsItsDrop {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, SeqCst);
        }
    }

    /// Rust's name for a thread of tokio, Python's for all others.
    fn this_thread() -> PyResult<String> {
        match thread::current().name() {
            Some(name) if name.starts_with("tokio") => Ok(name.to_owned()),
            _ => Python::attach(|py| {
                let thread = py.import("threading")?.call_method0("current_thread")?;
                thread.getattr("name")?.extract()
            }),
        }
    }

    /// Waits for a channel, which needs no runtime.
    #[pyfunction]
    async fn channel() -> PyResult<String> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        thread::spawn(|| sender.send("sent by a thread".to_owned()));
        Ok(receiver.await.map_err(io::Error::other)?)
    }

    /// How many waits have started, finished and been dropped.
    #[pyfunction]
    fn counts() -> (u32, u32, u32) {
        let load = |count: &AtomicU32| count.load(SeqCst);
        (load(&STARTED), load(&FINISHED), load(&DROPPED))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
