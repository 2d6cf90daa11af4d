//! The readings of a sensor, a Rust stream that Python reads with `async for`.

mod runtime;

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, AbortHandle, BoxStream};
use futures_util::{FutureExt, StreamExt};
use pyo3::exceptions::{PyStopAsyncIteration, PyTimeoutError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::sync::{mpsc, watch};

type Stream = BoxStream<'static, io::Result<u32>>;

// ANCHOR: bare
#[pyclass(frozen)]
struct Bare(tokio::sync::Mutex<Stream>);

#[pymethods]
impl Bare {
    #[new]
    fn new(sensor: &Sensor) -> Self {
        Self(tokio::sync::Mutex::new(sensor.measure(4)))
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
struct Endless(Arc<tokio::sync::Mutex<Stream>>);

#[pymethods]
impl Endless {
    #[new]
    fn new(sensor: &Sensor) -> Self {
        Self(Arc::new(tokio::sync::Mutex::new(sensor.measure(4))))
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
struct Simple(Arc<tokio::sync::Mutex<Stream>>);

#[pymethods]
impl Simple {
    #[new]
    fn new(sensor: &Sensor) -> Self {
        Self(Arc::new(tokio::sync::Mutex::new(sensor.measure(4))))
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

// ANCHOR: shared
struct Shared {
    /// `None` once it has ended or is closed.
    stream: tokio::sync::Mutex<Option<Stream>>,
    /// Out of the stream, and not yet in Python.
    waiting: Mutex<VecDeque<io::Result<u32>>>,
    abort: AbortHandle,
}
// ANCHOR_END: shared

#[pyclass(frozen)]
struct Readings(Arc<Shared>);

#[pymethods]
impl Readings {
    #[new]
    #[pyo3(signature = (sensor, ahead = 4))]
    fn new(sensor: &Sensor, ahead: usize) -> Self {
        let (stream, abort) = stream::abortable(sensor.measure(ahead));
        Self(Arc::new(Shared {
            stream: tokio::sync::Mutex::new(Some(stream.fuse().boxed())),
            waiting: Mutex::default(),
            abort,
        }))
    }

    // ANCHOR: ready
    /// Ends when `take` has something, with True, or at the end of the stream, with False.
    fn ready<'py>(&self, py: Python<'py>, most: NonZeroUsize) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.0);
        future_into_py(py, async move {
            let mut stream = shared.stream.lock().await;
            if !shared.waiting().is_empty() {
                return Ok(true);
            }
            let Some(open) = stream.as_mut() else {
                return Ok(false);
            };
            let Some(reading) = open.next().await else {
                *stream = None;
                return Ok(false);
            };
            // No `.await` between the stream and the queue: no cancel can come between them.
            let mut waiting = shared.waiting();
            waiting.push_back(reading);
            while waiting.len() < most.get() {
                match open.next().now_or_never().flatten() {
                    Some(reading) => waiting.push_back(reading),
                    None => break,
                }
            }
            Ok(true)
        })
    }
    // ANCHOR_END: ready

    // ANCHOR: take
    /// What is there, at most so many. An error comes alone, after what was before it.
    fn take(&self, most: NonZeroUsize) -> PyResult<Vec<u32>> {
        let mut waiting = self.0.waiting();
        let first = waiting.iter().take(most.get());
        let good = first.take_while(|reading| reading.is_ok()).count();
        let taken = good.max(1).min(waiting.len());
        Ok(waiting.drain(..taken).collect::<io::Result<_>>()?)
    }
    // ANCHOR_END: take

    // ANCHOR: aclose
    /// Ends the stream for all who wait, and drops it.
    fn aclose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.0);
        // Whoever waits for a reading holds the lock. This makes them let go of it.
        shared.abort.abort();
        future_into_py(py, async move {
            *shared.stream.lock().await = None;
            shared.waiting().clear();
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: aclose
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<io::Result<u32>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    sent: u32,
    measuring: bool,
    resumed: bool,
}

/// A sensor that counts up from 0, and can be watched.
#[pyclass(frozen)]
struct Sensor {
    readings: u32,
    breaks_at: Option<u32>,
    pauses_at: Option<u32>,
    state: watch::Sender<State>,
}

/// Notes that the task of a sensor has ended.
struct Measuring(watch::Sender<State>);

impl Drop for Measuring {
    fn drop(&mut self) {
        self.0.send_modify(|state| state.measuring = false);
    }
}

impl Sensor {
    // ANCHOR: measure
    /// A task that measures, at most `ahead` readings ahead of whoever reads.
    fn measure(&self, ahead: usize) -> Stream {
        let (readings, breaks_at, pauses_at) = (self.readings, self.breaks_at, self.pauses_at);
        let mut state = self.state.subscribe();
        let (sender, mut receiver) = mpsc::channel(ahead.max(1));
        self.state.send_modify(|state| state.measuring = true);
        let measuring = Measuring(self.state.clone());
        get_runtime().spawn(async move {
            for number in 0..readings {
                if pauses_at == Some(number) {
                    tokio::select! {
                        _ = state.wait_for(|state| state.resumed) => {}
                        () = sender.closed() => break,
                    }
                }
                let reading = match breaks_at {
                    Some(at) if at == number => Err(io::Error::other("the sensor is gone")),
                    _ => Ok(number),
                };
                // It fails when the stream is dropped.
                if sender.send(reading).await.is_err() {
                    break;
                }
                measuring.0.send_modify(|state| state.sent += 1);
            }
        });
        stream::poll_fn(move |context| receiver.poll_recv(context)).boxed()
    }
    // ANCHOR_END: measure

    fn wait(&self, py: Python<'_>, until: impl Fn(&State) -> bool + Sync) -> PyResult<()> {
        let mut state = self.state.subscribe();
        let minute = Duration::from_secs(60);
        let end = py.detach(|| {
            get_runtime().block_on(async {
                let state = tokio::time::timeout(minute, state.wait_for(&until));
                state.await.is_ok()
            })
        });
        end.then_some(())
            .ok_or_else(|| PyTimeoutError::new_err("not within a minute"))
    }
}

#[pymethods]
impl Sensor {
    #[new]
    #[pyo3(signature = (readings, breaks_at = None, pauses_at = None))]
    fn new(readings: u32, breaks_at: Option<u32>, pauses_at: Option<u32>) -> Self {
        let state = watch::Sender::new(State::default());
        Self {
            readings,
            breaks_at,
            pauses_at,
            state,
        }
    }

    /// How many readings it has sent.
    #[getter]
    fn sent(&self) -> u32 {
        self.state.borrow().sent
    }

    #[getter]
    fn measuring(&self) -> bool {
        self.state.borrow().measuring
    }

    /// Blocks until it has sent so many.
    fn wait_until_sent(&self, py: Python<'_>, readings: u32) -> PyResult<()> {
        self.wait(py, |state| state.sent >= readings)
    }

    /// Ends the pause.
    fn resume(&self) {
        self.state.send_modify(|state| state.resumed = true);
    }

    /// Blocks until its task has ended.
    fn wait_until_stopped(&self, py: Python<'_>) -> PyResult<()> {
        self.wait(py, |state| !state.measuring)
    }
}

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::{Bare, Endless, Readings, Sensor, Simple};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        runtime::set_up(module.py())
    }
}
