//! An HTTP server of axum whose routes are the coroutines of a Python file.

use std::env;
use std::future::{Future, IntoFuture};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use axum::{Router, body::Bytes, extract::RawPathParams};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{IntoPyDict, PyBytes, PyCFunction, PyModule};
use pyo3_async_runtimes::tokio::{into_future, run_until_complete};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

const SERVING: &std::ffi::CStr = pyo3::ffi::c_str!(include_str!("../serving.py"));
const LAST_WAIT: Duration = Duration::from_secs(3);

// ANCHOR: main
fn main() -> ExitCode {
    Python::initialize();
    Python::attach(|py| match run(py) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print(py);
            ExitCode::FAILURE
        }
    })
}

/// `PROGRAM [FILE [asyncio|uvloop]]`; the variable SERVE_AT names an address, STOP_WITHIN seconds.
fn run(py: Python<'_>) -> PyResult<()> {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().unwrap_or("app.py".into());
    let module = arguments.next().unwrap_or("asyncio".into());
    let address = env::var("SERVE_AT").unwrap_or("127.0.0.1:0".into());
    let stop_within = env::var("STOP_WITHIN").unwrap_or("10".into()).parse()?;

    let serving = PyModule::from_code(py, SERVING, c"serving.py", c"serving")?;
    let event_loop = serving.call_method1("open_loop", (module,))?;
    let inbox = Inbox::new(&event_loop)?;
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

async fn respond(running: Running) -> Response {
    let Some((status, kind, body)) = running.await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let status = StatusCode::from_u16(status).expect("Python has looked at it");
    (status, [(CONTENT_TYPE, kind)], Bytes::from_owner(body)).into_response()
}
// ANCHOR_END: routes

// ANCHOR: inbox
type Work = Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>;

/// Work for the thread of the event loop.
struct Inbox {
    waiting: Arc<Mutex<Vec<Work>>>,
    wake: Py<PyAny>,
}

impl Inbox {
    fn new(event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Self>> {
        let py = event_loop.py();
        let waiting = Arc::new(Mutex::new(Vec::<Work>::new()));
        let all = Arc::clone(&waiting);
        let work = PyCFunction::new_closure(py, None, None, move |arguments, _| {
            for work in std::mem::take(&mut *all.lock().expect("no holder panics")) {
                work(arguments.py()).unwrap_or_else(|error| error.print(arguments.py()));
            }
        })?;
        let wake = (event_loop.getattr("call_soon_threadsafe")?, work);
        let partial = py.import("functools")?.getattr("partial")?;
        let wake = partial.call1(wake)?.unbind();
        Ok(Arc::new(Self { waiting, wake }))
    }

    /// Only the first to come wakes the loop, and so needs the interpreter.
    fn send(&self, work: Work) {
        let mut waiting = self.waiting.lock().expect("no holder panics");
        waiting.push(work);
        if waiting.len() == 1 {
            // The loop's thread takes this lock while it is attached.
            drop(waiting);
            Python::try_attach(|py| self.wake.call0(py).map(drop));
        }
    }
}
// ANCHOR_END: inbox

// ANCHOR: running
type Parts = (RawPathParams, Method, Uri, HeaderMap, Bytes);
type Answer = (u16, String, PyBackedBytes);

/// The answer of a coroutine. Dropped before that, it cancels the coroutine.
struct Running {
    inbox: Arc<Inbox>,
    task: Option<Arc<OnceLock<Py<PyAny>>>>,
    answer: mpsc::Receiver<Answer>,
}

impl Running {
    fn new(inbox: &Arc<Inbox>, start: &Arc<Py<PyAny>>, parts: Parts) -> Self {
        let (sender, answer) = mpsc::channel(1);
        let task = Arc::new(OnceLock::new());
        let (start, started) = (Arc::clone(start), Arc::clone(&task));
        inbox.send(Box::new(move |py| {
            let (params, method, uri, headers, body) = parts;
            let headers = headers.iter().map(|(name, value)| {
                let value = value.as_bytes().iter().map(|&byte| char::from(byte));
                (name.as_str(), value.collect::<String>())
            });
            let done = PyCFunction::new_closure(py, None, None, move |answer, _| {
                // Nobody may be left to take it.
                PyResult::Ok(sender.try_send(answer.extract()?).is_ok())
            })?;
            let request = (
                done,
                method.as_str(),
                uri.path(),
                uri.query().unwrap_or(""),
                params.iter().into_py_dict(py)?,
                headers.into_py_dict(py)?,
                PyBytes::new(py, &body),
            );
            started.set(start.call1(py, request)?).ok();
            Ok(())
        }));
        Self {
            inbox: Arc::clone(inbox),
            task: Some(task),
            answer,
        }
    }
}

impl Future for Running {
    type Output = Option<Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.answer.poll_recv(context);
        if answer.is_ready() {
            self.task = None;
        }
        answer
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
    let rest = Python::attach(|py| {
        into_future(
            serving
                .bind(py)
                .call_method1("cancel_rest", (stop_within.as_secs(),))?,
        )
    })?;
    if timeout(stop_within + LAST_WAIT, rest).await.is_err() {
        eprintln!("the event loop is blocked");
        std::process::exit(1);
    }
    if !all_ended {
        // Those that were cancelled are answered too, if they take it.
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
