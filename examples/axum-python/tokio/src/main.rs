//! An HTTP server of axum whose routes are the coroutines of a Python file.

use std::env;
use std::future::{Future, IntoFuture};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use axum::{Router, extract::RawPathParams};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{IntoPyDict, PyBytes, PyCFunction, PyModule};
use pyo3_async_runtimes::tokio::{into_future, run_until_complete};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};

const SERVING: &std::ffi::CStr = pyo3::ffi::c_str!(include_str!("../serving.py"));
const LAST_WAIT: Duration = Duration::from_secs(3);
type Outcome = Result<Response, StatusCode>;
const FAILED: Outcome = Err(StatusCode::INTERNAL_SERVER_ERROR);

// ANCHOR: main
fn main() -> ExitCode {
    Python::initialize();
    Python::attach(|py| match run(py) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `print` would obey a `SystemExit`, and finalize Python under tokio's threads.
            error.display(py);
            ExitCode::FAILURE
        }
    })
}

/// `PROGRAM [FILE [asyncio|uvloop]]`; the variable SERVE_AT names an address, AT_ONCE a number of
/// requests, STOP_WITHIN seconds.
fn run(py: Python<'_>) -> PyResult<()> {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().unwrap_or("app.py".into());
    let module = arguments.next().unwrap_or("asyncio".into());
    let address = env::var("SERVE_AT").unwrap_or("127.0.0.1:0".into());
    let at_once = env::var("AT_ONCE").unwrap_or("1000".into()).parse()?;
    let stop_within = env::var("STOP_WITHIN").unwrap_or("10".into()).parse()?;

    let serving = PyModule::from_code(py, SERVING, c"serving.py", c"serving")?;
    let event_loop = serving.call_method1("open_loop", (module,))?;
    let inbox = Inbox::new(&event_loop, at_once)?;
    let routes = routes(serving.call_method1("load", (file, &event_loop))?, &inbox)?;
    let stop_within = Duration::from_secs(stop_within);
    let served = serve(serving.clone().unbind(), routes, address, stop_within);
    let result = run_until_complete(event_loop.clone(), served);
    let closed = serving.call_method1("close_loop", (event_loop,));
    result.and(closed.map(drop))
}
// ANCHOR_END: main

// ANCHOR: routes
fn routes(loaded: Bound<'_, PyAny>, inbox: &Arc<Inbox>) -> PyResult<Router> {
    let mut router = Router::new();
    for route in loaded.try_iter()? {
        let (method, path, start): (String, String, Py<PyAny>) = route?.extract()?;
        let filter = Method::from_bytes(method.as_bytes())
            .ok()
            .and_then(|method| MethodFilter::try_from(method).ok())
            .ok_or_else(|| PyValueError::new_err(format!("not a method: {method}")))?;
        let (start, inbox) = (Arc::new(start), Arc::clone(inbox));
        let called = move |parts: Parts| respond(Running::new(&inbox, &start, parts));
        router = router.route(&path, on(filter, called));
    }
    Ok(router)
}

async fn respond(running: Result<Running, StatusCode>) -> Outcome {
    running?.await.unwrap_or(FAILED)
}
// ANCHOR_END: routes

// ANCHOR: inbox
type Work = Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>;

/// Work for the thread of the event loop.
struct Inbox {
    waiting: Arc<Mutex<Vec<Work>>>,
    wake: Py<PyAny>,
    /// Each request that runs has one of these.
    permits: Arc<Semaphore>,
}

impl Inbox {
    fn new(event_loop: &Bound<'_, PyAny>, at_once: usize) -> PyResult<Arc<Self>> {
        let py = event_loop.py();
        let waiting = Arc::new(Mutex::new(Vec::<Work>::new()));
        let all = Arc::clone(&waiting);
        let work = PyCFunction::new_closure(py, None, None, move |arguments, _| {
            // The lock is released before Python code runs.
            let batch = mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner));
            do_all(arguments.py(), batch)
        })?;
        let wake = (event_loop.getattr("call_soon_threadsafe")?, work);
        let partial = py.import("functools")?.getattr("partial")?;
        Ok(Arc::new(Self {
            waiting,
            wake: partial.call1(wake)?.unbind(),
            permits: Arc::new(Semaphore::new(at_once)),
        }))
    }

    /// Only the first job in the queue wakes the loop, and needs the GIL.
    fn send(&self, work: Work) {
        let is_first = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push(work);
            waiting.len() == 1
        };
        if is_first {
            // It fails only when the loop is closed, and then the program ends.
            Python::try_attach(|py| self.wake.call0(py).map(drop));
        }
    }
}

/// An exception or a panic ends one job. One that ends the loop is raised after all jobs.
fn do_all(py: Python<'_>, batch: Vec<Work>) -> PyResult<()> {
    let mut result = Ok(());
    for work in batch {
        match catch_unwind(AssertUnwindSafe(|| work(py))) {
            Ok(Err(error)) if error.is_instance_of::<PyException>(py) => error.display(py),
            Ok(Err(error)) => result = Err(error),
            // The panic hook has printed the panic.
            Ok(Ok(())) | Err(_) => {}
        }
    }
    result
}
// ANCHOR_END: inbox

// ANCHOR: running
type Parts = (RawPathParams, Method, Uri, HeaderMap, Bytes);
type Answer = (u16, Vec<(String, String)>, PyBackedBytes);

/// The answer of a coroutine. Dropped before that, it cancels the coroutine.
struct Running {
    inbox: Arc<Inbox>,
    task: Option<Arc<OnceLock<Py<PyAny>>>>,
    response: mpsc::Receiver<Outcome>,
    _permit: OwnedSemaphorePermit,
}

impl Running {
    /// 503 if too many run.
    fn new(inbox: &Arc<Inbox>, start: &Arc<Py<PyAny>>, parts: Parts) -> Result<Self, StatusCode> {
        let permit = Arc::clone(&inbox.permits).try_acquire_owned();
        let permit = permit.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        let (sender, response) = mpsc::channel(1);
        let task = Arc::new(OnceLock::new());
        let (start, started) = (Arc::clone(start), Arc::clone(&task));
        inbox.send(Box::new(move |py| {
            let task = start_task(py, &start, parts, sender.clone());
            // An exception keeps the other sender alive, maybe until a garbage collection.
            let task = task.inspect_err(|_| drop(sender.try_send(FAILED)))?;
            started.set(task).ok();
            Ok(())
        }));
        Ok(Self {
            inbox: Arc::clone(inbox),
            task: Some(task),
            response,
            _permit: permit,
        })
    }
}

fn start_task(
    py: Python<'_>,
    start: &Py<PyAny>,
    parts: Parts,
    sender: mpsc::Sender<Outcome>,
) -> PyResult<Py<PyAny>> {
    let (params, method, uri, headers, body) = parts;
    let headers = headers.iter().map(|(name, value)| {
        let value = value.as_bytes().iter().map(|&byte| char::from(byte));
        (name.as_str(), value.collect::<String>())
    });
    let done = PyCFunction::new_closure(py, None, None, move |answer, _| {
        // The receiver may be gone.
        let send = |outcome| drop(sender.try_send(outcome));
        let response = answer.extract().and_then(response_of);
        response
            .map(|response| send(Ok(response)))
            .inspect_err(|_| send(FAILED))
    })?;
    let request = (
        done,
        method.as_str(),
        uri.path(),
        uri.query().unwrap_or(""),
        params.iter().into_py_dict(py)?,
        headers.collect::<Vec<_>>(),
        PyBytes::new(py, &body),
    );
    start.call1(py, request)
}

fn response_of((status, headers, body): Answer) -> PyResult<Response> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(Bytes::from_owner(body)))
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

impl Future for Running {
    type Output = Option<Outcome>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = self.response.poll_recv(context);
        if response.is_ready() {
            self.task = None;
        }
        response
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            self.inbox.send(Box::new(move |py| match task.get() {
                Some(task) => task.call_method0(py, "cancel").map(drop),
                None => Ok(()),
            }));
        }
    }
}
// ANCHOR_END: running

// ANCHOR: serve
async fn serve(
    serving: Py<PyModule>,
    routes: Router,
    address: String,
    stop_within: Duration,
) -> PyResult<()> {
    let mut stop = [
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    ];
    let listener = TcpListener::bind(address).await?;
    println!("serving on http://{}", listener.local_addr()?);
    let (close, closed) = oneshot::channel::<()>();
    let server = axum::serve(listener, routes).with_graceful_shutdown(async { drop(closed.await) });
    let mut server = pin!(server.into_future());
    tokio::select! {
        ended = &mut server => return Ok(ended?),
        () = one_of(&mut stop) => {}
    }

    println!("stopping");
    close.send(()).ok();
    let all_ended = tokio::select! {
        ended = &mut server => ended.is_ok(),
        () = one_of(&mut stop) => false,
        () = sleep(stop_within) => false,
    };
    let seconds = stop_within.as_secs();
    let rest = Python::attach(|py| {
        into_future(serving.bind(py).call_method1("cancel_rest", (seconds,))?)
    })?;
    if timeout(stop_within + LAST_WAIT, rest).await.is_err() {
        eprintln!("the event loop is blocked");
        std::process::exit(1);
    }
    if !all_ended {
        // Cancelled requests are answered too, if their clients read it.
        timeout(LAST_WAIT, server).await.ok();
    }
    Ok(())
}

async fn one_of([interrupt, terminate]: &mut [Signal; 2]) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
// ANCHOR_END: serve

#[cfg(test)]
mod tests;
