//! An HTTP server of axum whose routes are the coroutines of a Python file.

use std::env;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::RawPathParams;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
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
    let file = PathBuf::from(arguments.next().unwrap_or("app.py".into()));
    let module = arguments.next().unwrap_or("asyncio".into());
    let address = env::var("SERVE_AT").unwrap_or("127.0.0.1:0".into());
    let stop_within = env::var("STOP_WITHIN").unwrap_or("10".into()).parse()?;

    let serving = PyModule::from_code(py, SERVING, c"serving.py", c"serving")?;
    let event_loop = serving.call_method1("open_loop", (module,))?;
    let routes = routes(serving.call_method1("load", (file, &event_loop))?)?;
    let stop_within = Duration::from_secs(stop_within);
    let served = serve(serving.clone().unbind(), routes, address, stop_within);
    let result = run_until_complete(event_loop.clone(), served);
    let closed = serving.call_method1("close_loop", (event_loop,));
    result.and(closed.map(drop))
}
// ANCHOR_END: main

// ANCHOR: routes
fn routes(loaded: Bound<'_, PyAny>) -> PyResult<Router> {
    let mut router = Router::new();
    for route in loaded.try_iter()? {
        let (method, path, start): (String, String, Py<PyAny>) = route?.extract()?;
        let filter = Method::from_bytes(method.as_bytes())
            .ok()
            .and_then(|method| MethodFilter::try_from(method).ok())
            .ok_or_else(|| PyValueError::new_err(format!("not a method: {method}")))?;
        let start = Arc::new(start);
        let called = move |parts: Parts| respond(Running::start(&start, parts));
        router = router.route(&path, on(filter, called));
    }
    Ok(router)
}

async fn respond(running: PyResult<Running>) -> Response {
    match async { running?.await }.await {
        Ok((status, kind, body)) => (status, [(CONTENT_TYPE, kind)], body).into_response(),
        // All but a cancel has become an answer in Python.
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
    }
}
// ANCHOR_END: routes

// ANCHOR: running
type Parts = (RawPathParams, Method, Uri, HeaderMap, Bytes);
type Answer = (StatusCode, String, Vec<u8>);

/// The answer of a coroutine. Dropped before that, it cancels the coroutine.
struct Running {
    task: Py<PyAny>,
    answer: mpsc::Receiver<PyResult<Answer>>,
    answered: bool,
}

impl Running {
    fn start(start: &Py<PyAny>, (params, method, uri, headers, body): Parts) -> PyResult<Self> {
        Python::attach(|py| {
            let headers = headers.iter().map(|(name, value)| {
                let value = value.as_bytes().iter().map(|&byte| char::from(byte));
                (name.as_str(), value.collect::<String>())
            });
            let request = (
                method.as_str(),
                uri.path(),
                uri.query().unwrap_or(""),
                params.iter().into_py_dict(py)?,
                headers.into_py_dict(py)?,
                PyBytes::new(py, &body),
            );
            let task = start.call1(py, request)?;
            let (sender, answer) = mpsc::channel(1);
            let done = PyCFunction::new_closure(py, None, None, move |done, _| {
                let answered = done.get_item(0).and_then(|task| read(&task));
                // Nobody may be left to take it.
                sender.try_send(answered).is_ok()
            })?;
            task.call_method1(py, "add_done_callback", (done,))?;
            let answered = false;
            Ok(Running {
                task,
                answer,
                answered,
            })
        })
    }
}

fn read(task: &Bound<'_, PyAny>) -> PyResult<Answer> {
    let (status, kind, body): (u16, _, Bound<'_, PyBytes>) =
        task.call_method0("result")?.extract()?;
    let status = StatusCode::from_u16(status).expect("Python has looked at it");
    Ok((status, kind, body.as_bytes().to_vec()))
}

impl Future for Running {
    type Output = PyResult<Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.answer.poll_recv(context);
        self.answered = answer.is_ready();
        answer.map(|sent| sent.expect("the task, which this holds, has the callback that sends"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.answered {
            Python::try_attach(|py| self.task.call_method0(py, "cancel").map(drop));
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
    let server = axum::serve(listener, routes).with_graceful_shutdown(async {
        closed.await.ok();
    });
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
        let seconds = stop_within.as_secs();
        into_future(serving.bind(py).call_method1("cancel_rest", (seconds,))?)
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
