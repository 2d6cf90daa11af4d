//! What a Python async generator yields, as a Rust stream: two ways of the bridge, and one that closes it.

mod runtime;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Stream, StreamExt};
use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::IntoPyDict;
use pyo3::{IntoPyObjectExt, ffi::c_str};
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::tokio::{future_into_py, get_current_locals, get_runtime};
use pyo3_async_runtimes::tokio::{into_stream_v1, into_stream_v2};
use tokio::sync::{Mutex, mpsc, oneshot};

// ANCHOR: total_v2
/// The sum of what the generator yields.
#[pyfunction]
fn total_v2<'py>(py: Python<'py>, items: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let mut numbers = into_stream_v2(items)?;
    future_into_py(py, async move {
        let mut total = 0;
        while let Some(number) = numbers.next().await {
            total += Python::attach(|py| number.extract::<u64>(py))?;
        }
        Ok(total)
    })
}
// ANCHOR_END: total_v2

// ANCHOR: total
/// The sum of what the generator yields. The generator is closed, however this ends.
#[pyfunction]
fn total<'py>(py: Python<'py>, items: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let mut numbers = Items::<u64>::new(&items, 1)?;
    future_into_py(py, async move {
        let mut total = 0;
        while let Some(number) = numbers.next().await {
            total += number?;
        }
        Ok(total)
    })
}
// ANCHOR_END: total

// ANCHOR: sink
/// Sends an item of some type: a class for Python has no type parameter.
type Channel = Box<dyn Fn(&Bound<'_, PyAny>) -> PyResult<BoxFuture<'static, bool>> + Send + Sync>;

#[pyclass]
struct Sink(Option<(Channel, oneshot::Sender<PyErr>)>);

#[pymethods]
impl Sink {
    /// True, or a future that first waits for room. False if the stream is dropped.
    fn send<'py>(&self, item: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Some((channel, _)) = &self.0 else {
            return Err(PyRuntimeError::new_err("the stream has ended"));
        };
        let mut sending = channel(item)?;
        match (&mut sending).now_or_never() {
            Some(sent) => sent.into_bound_py_any(item.py()),
            None => future_into_py(item.py(), async { Ok(sending.await) }),
        }
    }

    /// Ends the stream. False if no reader will see the error.
    fn end(&mut self, error: Option<Bound<'_, PyAny>>) -> bool {
        let Some((_channel, failure)) = self.0.take() else {
            return false;
        };
        // Not kept here: its traceback leads back to this object.
        error.is_none_or(|error| failure.send(PyErr::from_value(error)).is_ok())
    }
}
// ANCHOR_END: sink

// ANCHOR: items
/// The items of an async generator, at most `ahead` of them waiting.
struct Items<T> {
    receiver: mpsc::Receiver<T>,
    failure: oneshot::Receiver<PyErr>,
    pump: Option<Py<PyAny>>,
    locals: TaskLocals,
}

impl<T: for<'py> FromPyObjectOwned<'py> + Send + 'static> Items<T> {
    fn new(items: &Bound<'_, PyAny>, ahead: usize) -> PyResult<Self> {
        let py = items.py();
        let locals = get_current_locals(py)?;
        let (sender, receiver) = mpsc::channel::<T>(ahead.max(1));
        let (failed, failure) = oneshot::channel();
        let channel: Channel = Box::new(move |item| {
            let item = item.extract::<T>().map_err(Into::into)?;
            let sender = sender.clone();
            Ok(async move { sender.send(item).await.is_ok() }.boxed())
        });
        let sink = Sink(Some((channel, failed)));
        let pump = pump_class(py)?.call1((items.call_method0("__aiter__")?, sink))?;
        on_loop(&locals, pump.getattr("start")?)?;
        Ok(Self {
            receiver,
            failure,
            pump: Some(pump.unbind()),
            locals,
        })
    }
}

fn pump_class<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyAny>> {
    static PUMP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = PUMP.get_or_try_init(py, || {
        let code = c_str!(include_str!("../python/intake/_pump.py"));
        let module = PyModule::from_code(py, code, c"_pump.py", c"intake._pump")?;
        module.getattr("Pump").map(Bound::unbind)
    });
    Ok(class?.bind(py))
}
// ANCHOR_END: items

// ANCHOR: poll
impl<T> Stream for Items<T> {
    type Item = PyResult<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.receiver.poll_recv(context)).map(Ok);
        Poll::Ready(next.or_else(|| self.failure.try_recv().ok().map(Err)))
    }
}
// ANCHOR_END: poll

// ANCHOR: drop
impl<T> Drop for Items<T> {
    /// Cancels the pump, which closes the generator.
    fn drop(&mut self) {
        // Closed first, because the pump may end before this returns.
        self.failure.close();
        self.receiver.close();
        let (pump, locals) = (self.pump.take(), self.locals.clone());
        get_runtime().spawn_blocking(move || {
            // A loop that is closed has cancelled the pump already.
            Python::attach(|py| {
                let stop = pump?.into_bound(py).getattr("stop").ok()?;
                on_loop(&locals, stop).ok()
            });
        });
    }
}
// ANCHOR_END: drop

/// Has the loop call `function` soon, in the context that opened the stream.
fn on_loop(locals: &TaskLocals, function: Bound<'_, PyAny>) -> PyResult<()> {
    let py = function.py();
    let context = [("context", locals.context(py))].into_py_dict(py)?;
    let event_loop = locals.event_loop(py);
    event_loop.call_method("call_soon_threadsafe", (function,), Some(&context))?;
    Ok(())
}

type Objects = BoxStream<'static, PyResult<Py<PyAny>>>;

/// Any of the streams, read by Python one item at a time.
#[pyclass(frozen)]
struct Reader(Arc<Mutex<Option<Objects>>>);

#[pymethods]
impl Reader {
    fn __aiter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stream = Arc::clone(&self.0);
        future_into_py(py, async move {
            let mut stream = stream.lock().await;
            let item = match stream.as_mut() {
                Some(stream) => stream.next().await,
                None => None,
            };
            item.unwrap_or_else(|| Err(PyStopAsyncIteration::new_err(())))
        })
    }

    /// Drops the stream.
    fn drop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stream = Arc::clone(&self.0);
        future_into_py(py, async move {
            *stream.lock().await = None;
            Ok(None::<()>)
        })
    }
}

impl From<Objects> for Reader {
    fn from(stream: Objects) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }
}

#[pyfunction]
fn read_v1(items: Bound<'_, PyAny>) -> PyResult<Reader> {
    Ok(into_stream_v1(items)?.boxed().into())
}

#[pyfunction]
fn read_v2(items: Bound<'_, PyAny>) -> PyResult<Reader> {
    Ok(into_stream_v2(items)?.map(Ok).boxed().into())
}

#[pyfunction]
#[pyo3(signature = (items, ahead = 1))]
fn read(items: Bound<'_, PyAny>, ahead: usize) -> PyResult<Reader> {
    Ok(Items::new(&items, ahead)?.boxed().into())
}

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::{Reader, read, read_v1, read_v2, total, total_v2};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        runtime::set_up(module.py())
    }
}
