//! An HTTP client for asyncio: sessions, streamed bodies, timeouts, cancellation, errors.

use std::error::Error;
use std::future::Future;
use std::io;
use std::iter::successors;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};
use tokio::sync::watch;

// ANCHOR: session
#[pyclass(frozen)]
struct Session {
    client: Mutex<Option<Client>>,
    base: Url,
    life: Life,
}

#[pymethods]
impl Session {
    #[new]
    fn new(base_url: &str, connect_timeout: f64, read_timeout: f64) -> PyResult<Self> {
        let base = Url::parse(base_url).map_err(invalid)?;
        let server = base.origin();
        let client = Client::builder()
            // The environment of a process should not decide where its requests go.
            .no_proxy()
            .redirect(Policy::custom(move |next| match next.url().origin() {
                origin if origin == server => Policy::default().redirect(next),
                _ => next.stop(),
            }))
            .connect_timeout(seconds(connect_timeout)?)
            .read_timeout(seconds(read_timeout)?)
            .build()
            .map_err(to_python)?;
        Ok(Self {
            client: Mutex::new(Some(client)),
            base,
            life: Life(Arc::new(watch::Sender::new(true))),
        })
    }

    /// Ends what is under way, and waits until it has ended.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        drop(self.client.lock().map_err(failed)?.take());
        self.life.0.send_replace(false);
        let life = self.life.clone();
        generic::future_into_py::<Tokio, _, _>(py, async move {
            life.0.closed().await;
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: session

    // ANCHOR: request
    fn request<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        path: &str,
        headers: Vec<(String, String)>,
        body: Option<Vec<u8>>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let url = self.base.join(path).map_err(invalid)?;
        // The headers of a session, such as a token, are for its own server.
        if url.origin() != self.base.origin() {
            return Err(PyValueError::new_err("the path leads to another server"));
        }
        let client = self.client.lock().map_err(failed)?.clone();
        let client = client.ok_or_else(|| ClosedError::new_err("the session is closed"))?;
        let method = Method::from_bytes(method.as_bytes()).map_err(invalid)?;
        let mut request = client.request(method, url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        if let Some(timeout) = timeout {
            request = request.timeout(seconds(timeout)?);
        }
        let life = self.life.clone();
        generic::future_into_py::<Tokio, _, _>(py, async move {
            let response = life.run(async { request.send().await }).await?;
            Ok(Response::new(response, life))
        })
    }
    // ANCHOR_END: request
}

// ANCHOR: life
/// Whether the session is open. Work that is under way holds a receiver.
#[derive(Clone)]
struct Life(Arc<watch::Sender<bool>>);

impl Life {
    /// Does the work, unless the session is closed: then the work is dropped.
    async fn run<T>(&self, work: impl Future<Output = reqwest::Result<T>>) -> PyResult<T> {
        let mut open = self.0.subscribe();
        tokio::select! {
            biased;
            _ = open.wait_for(|open| !open) => Err(ClosedError::new_err("the session is closed")),
            done = work => done.map_err(to_python),
        }
    }
}
// ANCHOR_END: life

// ANCHOR: response
enum Body {
    Waiting(reqwest::Response),
    BeingRead,
    Gone(&'static str),
}

#[pyclass(frozen)]
struct Response {
    #[pyo3(get)]
    status: u16,
    #[pyo3(get)]
    headers: Vec<(String, String)>,
    body: Arc<Mutex<Body>>,
    life: Life,
}

#[pymethods]
impl Response {
    /// The next chunk, or `None` after the last.
    fn chunk<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut response = self.take()?;
        let (body, life) = (Arc::clone(&self.body), self.life.clone());
        generic::future_into_py::<Tokio, _, _>(py, async move {
            let chunk = life.run(response.chunk()).await?;
            let mut body = body.lock().map_err(failed)?;
            // It may have been closed meanwhile, and stays so.
            if matches!(*body, Body::BeingRead) {
                *body = match chunk {
                    Some(_) => Body::Waiting(response),
                    None => Body::Gone("the body was read"),
                };
            }
            // Python gets `bytes`.
            Ok(chunk.map(Vec::from))
        })
    }

    /// All that is left of the body, in one delivery.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let response = self.take()?;
        let (body, life) = (Arc::clone(&self.body), self.life.clone());
        generic::future_into_py::<Tokio, _, _>(py, async move {
            let rest = life.run(response.bytes()).await?;
            *body.lock().map_err(failed)? = Body::Gone("the body was read");
            Ok(Vec::from(rest))
        })
    }

    /// Drops the rest of the body, and with it the connection.
    fn close(&self) -> PyResult<()> {
        *self.body.lock().map_err(failed)? = Body::Gone("the body is closed");
        Ok(())
    }
}
// ANCHOR_END: response

// ANCHOR: body
impl Response {
    fn new(response: reqwest::Response, life: Life) -> Self {
        let latin = |value: &[u8]| value.iter().map(|&byte| char::from(byte)).collect();
        let headers = response.headers().iter();
        Self {
            status: response.status().as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), latin(value.as_bytes())))
                .collect(),
            body: Arc::new(Mutex::new(Body::Waiting(response))),
            life,
        }
    }

    /// Whoever reads owns the response: if the read is cancelled, both are dropped.
    fn take(&self) -> PyResult<reqwest::Response> {
        let mut body = self.body.lock().map_err(failed)?;
        let why = match mem::replace(&mut *body, Body::BeingRead) {
            Body::Waiting(response) => return Ok(response),
            Body::BeingRead => "the body is being read",
            Body::Gone(why) => {
                *body = Body::Gone(why);
                why
            }
        };
        Err(ClosedError::new_err(why))
    }
}
// ANCHOR_END: body

// ANCHOR: errors
pyo3::import_exception!(courier.errors, HttpError);
pyo3::import_exception!(courier.errors, ConnectError);
pyo3::import_exception!(courier.errors, HttpTimeout);
pyo3::import_exception!(courier.errors, ClosedError);

/// Says what to raise, and leaves it to the delivery to make the objects.
fn to_python(error: reqwest::Error) -> PyErr {
    // An address can hold a password, and messages end up in logs.
    let error = error.without_url();
    let innermost = successors(error.source(), |outer| (*outer).source()).last();
    let cause = innermost.map(|inner| match inner.downcast_ref::<io::Error>() {
        Some(system) => io::Error::new(system.kind(), system.to_string()).into(),
        None if error.is_timeout() => PyTimeoutError::new_err(inner.to_string()),
        None => PyRuntimeError::new_err(inner.to_string()),
    });
    let arguments = (error.to_string(), cause);
    if error.is_timeout() {
        HttpTimeout::new_err(arguments)
    } else if error.is_connect() {
        ConnectError::new_err(arguments)
    } else {
        HttpError::new_err(arguments)
    }
}
// ANCHOR_END: errors

fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(invalid)
}

fn invalid(error: impl Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn failed(error: impl Error) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Session>()?;
    module.add_class::<Response>()?;
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
