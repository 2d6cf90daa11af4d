//! A sensor that can be watched, and three iterators over its readings: each does something wrong.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use futures_util::stream::{self, BoxStream, StreamExt};
    use pyo3::{exceptions::PyStopAsyncIteration, prelude::*};
    use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
    use tokio::sync::{Mutex, mpsc};

    type Stream = BoxStream<'static, io::Result<u32>>;

    // ANCHOR: bare
    #[pyclass(frozen)]
    struct Bare(Mutex<Stream>);

    #[pymethods]
    impl Bare {
        #[new]
        fn new(sensor: &Sensor) -> Self {
            Self(Mutex::new(sensor.measure(4)))
        }

        fn __aiter__(this: Py<Self>) -> Py<Self> {
            this
        }

        fn __anext__(&self, py: Python<'_>) -> PyResult<Option<u32>> {
            let next = async { self.0.lock().await.next().await };
            Ok(py.detach(|| get_runtime().block_on(next)).transpose()?)
        }
    }
    // ANCHOR_END: bare

    #[pyclass(frozen)]
    struct Endless(Arc<Mutex<Stream>>);

    #[pymethods]
    impl Endless {
        #[new]
        fn new(sensor: &Sensor) -> Self {
            Self(Arc::new(Mutex::new(sensor.measure(4))))
        }

        fn __aiter__(this: Py<Self>) -> Py<Self> {
            this
        }

        // ANCHOR: endless
        fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let stream = Arc::clone(&self.0);
            future_into_py(py, async move {
                Ok(stream.lock().await.next().await.transpose()?)
            })
        }
        // ANCHOR_END: endless
    }

    // ANCHOR: simple
    #[pyclass(frozen)]
    struct Simple(Arc<Mutex<Stream>>);

    #[pymethods]
    impl Simple {
        #[new]
        fn new(sensor: &Sensor) -> Self {
            Self(Arc::new(Mutex::new(sensor.measure(4))))
        }

        fn __aiter__(this: Py<Self>) -> Py<Self> {
            this
        }

        fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let stream = Arc::clone(&self.0);
            future_into_py(py, async move {
                match stream.lock().await.next().await {
                    Some(reading) => Ok(reading?),
                    None => Err(PyStopAsyncIteration::new_err(())),
                }
            })
        }
    }
    // ANCHOR_END: simple

    /// A sensor that counts up from 0, fails at `breaks_at`, and can be watched.
    #[pyclass(frozen)]
    struct Sensor {
        readings: u32,
        breaks_at: Option<u32>,
        sent: Arc<AtomicU32>,
    }

    impl Sensor {
        // ANCHOR: measure
        /// A task that measures, at most `ahead` readings ahead of the reader.
        fn measure(&self, ahead: usize) -> Stream {
            let (readings, breaks_at) = (self.readings, self.breaks_at);
            let sent = Arc::clone(&self.sent);
            let (sender, mut receiver) = mpsc::channel(ahead.max(1));
            get_runtime().spawn(async move {
                for number in 0..readings {
                    let reading = match breaks_at {
                        Some(at) if at == number => Err(io::Error::other("the sensor is gone")),
                        _ => Ok(number),
                    };
                    // It fails when the stream is dropped.
                    if sender.send(reading).await.is_err() {
                        break;
                    }
                    sent.fetch_add(1, SeqCst);
                }
            });
            stream::poll_fn(move |context| receiver.poll_recv(context)).boxed()
        }
        // ANCHOR_END: measure
    }

    #[pymethods]
    impl Sensor {
        #[new]
        #[pyo3(signature = (readings, breaks_at = None))]
        fn new(readings: u32, breaks_at: Option<u32>) -> Self {
            let sent = Arc::default();
            Self {
                readings,
                breaks_at,
                sent,
            }
        }

        /// How many readings it has sent.
        #[getter]
        fn sent(&self) -> u32 {
            self.sent.load(SeqCst)
        }

        /// Whether its task still exists, which shares the counter.
        #[getter]
        fn measuring(&self) -> bool {
            Arc::strong_count(&self.sent) > 1
        }
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
