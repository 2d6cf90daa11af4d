//! What a Python async generator yields, as a Rust stream: two ways of the bridge, and one that closes it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, RwLock};
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::ffi::c_str;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_async_runtimes::generic::Runtime;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::sync::mpsc;

// ANCHOR: total_v2
/// The sum of what the generator yields.
#[pyfunction]
fn total_v2<'py>(py: Python<'py>, items: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let mut numbers = generic::into_stream_v2::<Tokio>(items)?;
    generic::future_into_py::<Tokio, _, _>(py, async move {
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
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let mut total = 0;
        while let Some(number) = numbers.next().await {
            total += number?;
        }
        Ok(total)
    })
}
// ANCHOR_END: total

// ANCHOR: sink
/// A channel for items of some type: a class for Python has no type parameter.
trait Channel: Send + Sync {
    fn send(&self, item: &Bound<'_, PyAny>) -> PyResult<BoxFuture<'static, bool>>;
    fn is_closed(&self) -> bool;
}

impl<T: Wanted> Channel for mpsc::Sender<T> {
    fn send(&self, item: &Bound<'_, PyAny>) -> PyResult<BoxFuture<'static, bool>> {
        let item = item.extract::<T>().map_err(Into::into)?;
        let sender = self.clone();
        Ok(Box::pin(async move { sender.send(item).await.is_ok() }))
    }

    fn is_closed(&self) -> bool {
        mpsc::Sender::is_closed(self)
    }
}

#[pyclass(frozen)]
struct Sink {
    channel: Mutex<Option<Box<dyn Channel>>>,
    failure: Arc<Mutex<Option<PyErr>>>,
}

#[pymethods]
impl Sink {
    /// Waits for room. False if nobody reads any more.
    fn send<'py>(&self, item: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let channel = self.channel.lock().expect("no holder panics");
        let channel = channel.as_ref().expect("the pump sends before it ends");
        let sent = channel.send(item)?;
        generic::future_into_py::<Tokio, _, _>(item.py(), async { Ok(sent.await) })
    }

    /// Ends the stream. False if nobody will see the error.
    fn end(&self, error: Option<Bound<'_, PyAny>>) -> bool {
        *self.failure.lock().expect("no holder panics") = error.map(PyErr::from_value);
        let channel = self.channel.lock().expect("no holder panics").take();
        channel.is_some_and(|channel| !channel.is_closed())
    }
}
// ANCHOR_END: sink

/// What an item can become on its way.
trait Wanted: for<'py> FromPyObjectOwned<'py> + Send + 'static {}

impl<T: for<'py> FromPyObjectOwned<'py> + Send + 'static> Wanted for T {}

// ANCHOR: items
/// The items of an async generator, at most `ahead` of them waiting.
struct Items<T> {
    receiver: mpsc::Receiver<T>,
    failure: Arc<Mutex<Option<PyErr>>>,
    pump: Option<Py<PyAny>>,
    locals: TaskLocals,
}

impl<T: Wanted> Items<T> {
    fn new(items: &Bound<'_, PyAny>, ahead: usize) -> PyResult<Self> {
        let py = items.py();
        let locals = generic::get_current_locals::<Tokio>(py)?;
        let (sender, receiver) = mpsc::channel::<T>(ahead.max(1));
        let failure = Arc::default();
        let sink = Sink {
            channel: Mutex::new(Some(Box::new(sender))),
            failure: Arc::clone(&failure),
        };
        let code = c_str!(include_str!("../python/intake/_pump.py"));
        let module = PyModule::from_code(py, code, c_str!("_pump.py"), c_str!("intake._pump"))?;
        let pump = module.call_method1("Pump", (items.call_method0("__aiter__")?, sink))?;
        on_loop(&locals, pump.getattr("start")?)?;
        Ok(Self {
            receiver,
            failure,
            pump: Some(pump.unbind()),
            locals,
        })
    }
}
// ANCHOR_END: items

// ANCHOR: poll
impl<T> Stream for Items<T> {
    type Item = PyResult<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.receiver.poll_recv(context)).map(Ok);
        Poll::Ready(next.or_else(|| {
            let mut failure = self.failure.lock().expect("no holder panics");
            failure.take().map(Err)
        }))
    }
}
// ANCHOR_END: poll

// ANCHOR: drop
impl<T> Drop for Items<T> {
    /// Cancels the pump, which closes the generator.
    fn drop(&mut self) {
        // First of all: the pump may end before this has returned.
        self.receiver.close();
        let (pump, locals) = (self.pump.take(), self.locals.clone());
        Tokio::spawn_blocking(move || {
            // A loop that is closed has cancelled the pump already.
            Python::attach(|py| {
                let stop = pump?.into_bound(py).getattr("stop").ok()?;
                on_loop(&locals, stop).ok()
            });
        });
    }
}
// ANCHOR_END: drop

/// Has the loop call `function` soon, in the context of whoever opened the stream.
fn on_loop(locals: &TaskLocals, function: Bound<'_, PyAny>) -> PyResult<()> {
    let py = function.py();
    let context = PyDict::new(py);
    context.set_item("context", locals.context(py))?;
    locals
        .event_loop(py)
        .call_method("call_soon_threadsafe", (function,), Some(&context))?;
    Ok(())
}

type Objects = BoxStream<'static, PyResult<Py<PyAny>>>;

/// Any of the streams, read by Python one item at a time.
#[pyclass(frozen)]
struct Reader(Arc<tokio::sync::Mutex<Option<Objects>>>);

#[pymethods]
impl Reader {
    fn __aiter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stream = Arc::clone(&self.0);
        generic::future_into_py::<Tokio, _, _>(py, async move {
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
        generic::future_into_py::<Tokio, _, _>(py, async move {
            *stream.lock().await = None;
            Ok(None::<()>)
        })
    }
}

impl Reader {
    fn new(stream: Objects) -> Self {
        Self(Arc::new(tokio::sync::Mutex::new(Some(stream))))
    }
}

#[pyfunction]
fn read_v1(items: Bound<'_, PyAny>) -> PyResult<Reader> {
    Ok(Reader::new(
        generic::into_stream_v1::<Tokio>(items)?.boxed(),
    ))
}

#[pyfunction]
fn read_v2(items: Bound<'_, PyAny>) -> PyResult<Reader> {
    let stream = generic::into_stream_v2::<Tokio>(items)?;
    Ok(Reader::new(stream.map(Ok).boxed()))
}

#[pyfunction]
#[pyo3(signature = (items, ahead = 1))]
fn read(items: Bound<'_, PyAny>, ahead: usize) -> PyResult<Reader> {
    Ok(Reader::new(Items::new(&items, ahead)?.boxed()))
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Reader>()?;
    module.add_function(wrap_pyfunction!(total_v2, module)?)?;
    module.add_function(wrap_pyfunction!(total, module)?)?;
    module.add_function(wrap_pyfunction!(read_v1, module)?)?;
    module.add_function(wrap_pyfunction!(read_v2, module)?)?;
    module.add_function(wrap_pyfunction!(read, module)?)?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    module
        .py()
        .import("atexit")?
        .call_method1("register", (at_exit,))?;
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
