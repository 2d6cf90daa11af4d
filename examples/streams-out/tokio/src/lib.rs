//! The readings of a sensor, a Rust stream that Python reads with `async for`.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::{io, num::NonZeroUsize, pin::Pin, sync::Arc};

    use futures_util::stream::{self, AbortHandle, BoxStream, Peekable};
    use futures_util::{FutureExt, StreamExt};
    use pyo3::{exceptions::PyBrokenPipeError, prelude::*};
    use pyo3_async_runtimes::tokio::future_into_py;
    use tokio::sync::{Mutex, mpsc};

    // ANCHOR: shared
    #[pyclass(frozen)]
    struct Readings {
        /// A peeked reading stays in it until it is taken.
        stream: Arc<Mutex<Peekable<BoxStream<'static, io::Result<u32>>>>>,
        abort: AbortHandle,
    }
    // ANCHOR_END: shared

    #[pymethods]
    impl Readings {
        // ANCHOR: ready
        /// Ends when `take` has something, with True, or at the end of the stream, with False.
        fn ready<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let stream = Arc::clone(&self.stream);
            future_into_py(py, async move {
                let mut stream = stream.lock().await;
                Ok(Pin::new(&mut *stream).peek().await.is_some())
            })
        }
        // ANCHOR_END: ready

        // ANCHOR: take
        /// The available readings, at most so many. An error comes alone, after them.
        fn take(&self, most: NonZeroUsize) -> PyResult<Vec<u32>> {
            let mut taken = Vec::new();
            // If another reader holds the lock, it waits: there is no reading.
            let Ok(mut stream) = self.stream.try_lock() else {
                return Ok(taken);
            };
            while taken.len() < most.get() {
                let first = taken.is_empty();
                let next = Pin::new(&mut *stream).next_if(|reading| first || reading.is_ok());
                match next.now_or_never().flatten() {
                    Some(reading) => taken.push(reading?),
                    None => break,
                }
            }
            Ok(taken)
        }
        // ANCHOR_END: take

        // ANCHOR: aclose
        /// Ends the stream for all waiting readers, and drops it.
        fn aclose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let stream = Arc::clone(&self.stream);
            // A reader that waits holds the lock. This makes it release the lock.
            self.abort.abort();
            future_into_py(py, async move {
                *stream.lock().await = stream::empty().boxed().peekable();
                Ok(None::<()>)
            })
        }
        // ANCHOR_END: aclose
    }

    /// The source of the readings: any thread of a driver.
    #[pyclass(frozen)]
    struct Sensor(mpsc::Sender<io::Result<u32>>);

    #[pymethods]
    impl Sensor {
        /// Blocks until there is room; None fails. BrokenPipeError once the stream is closed.
        fn send(&self, py: Python<'_>, reading: Option<u32>) -> PyResult<()> {
            let reading = reading.ok_or_else(|| io::Error::other("the sensor is gone"));
            let sent = py.detach(|| self.0.blocking_send(reading));
            sent.map_err(|error| PyBrokenPipeError::new_err(error.to_string()))
        }
    }

    /// A sensor, and its readings, of which `ahead` may wait. They end when the sensor is dropped.
    #[pyfunction]
    fn channel(ahead: usize) -> (Sensor, Readings) {
        let (sender, mut receiver) = mpsc::channel(ahead.max(1));
        let stream = stream::poll_fn(move |context| receiver.poll_recv(context));
        let (stream, abort) = stream::abortable(stream);
        let stream = Arc::new(Mutex::new(stream.boxed().peekable()));
        (Sensor(sender), Readings { stream, abort })
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
