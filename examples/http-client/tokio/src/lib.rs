//! An HTTP client for asyncio: sessions, streamed bodies, timeouts, cancellation, errors.

mod runtime;

use std::error::Error;
use std::future::Future;
use std::io;
use std::iter::successors;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};
use tokio::sync::watch;

// ANCHOR: session
/// Connections to one server, for any number of event loops.
#[pyclass(frozen)]
struct Session {
    /// `None` once the session is closed.
    client: Mutex<Option<Client>>,
    base: Url,
    life: Life,
}

#[pymethods]
impl Session {
    /// Both timeouts are in seconds: to connect, with the TLS handshake, and between two reads of a
    /// body. For `https`, this reads the root certificates that the system trusts.
    #[new]
    fn new(base_url: &str, connect_timeout: f64, read_timeout: f64) -> PyResult<Self> {
        let base = Url::parse(base_url).map_err(invalid)?;
        let server = base.origin();
        let mut client = Client::builder()
            // The environment of a process should not decide where its requests go.
            .no_proxy()
            .redirect(Policy::custom(move |next| match next.url().origin() {
                origin if origin == server => Policy::default().redirect(next),
                _ => next.stop(),
            }))
            .connect_timeout(seconds(connect_timeout)?)
            .read_timeout(seconds(read_timeout)?);
        if base.scheme() == "http" {
            // It never needs the system's root certificates: they take time to load, or are missing.
            client = client.tls_certs_only([]);
        }
        Ok(Self {
            client: Mutex::new(Some(client.build().map_err(to_python)?)),
            base,
            life: Life(Arc::new(watch::Sender::new(true))),
        })
    }

    /// Ends the running work, and waits until it has ended.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        drop(lock(&self.client).take());
        self.life.0.send_replace(false);
        let life = self.life.clone();
        future_into_py(py, async move {
            life.0.closed().await;
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: session

    // ANCHOR: request
    /// Sends a request, and ends when the head of the response is there. A cancel closes the
    /// connection. `timeout`, in seconds, counts until the body is read.
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
        let client = lock(&self.client).clone();
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
        future_into_py(py, async move {
            let response = life.run(async { request.send().await }).await?;
            Ok(Response::new(response, life))
        })
    }
    // ANCHOR_END: request
}

// ANCHOR: life
/// Whether the session is open. Running work holds a receiver.
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

/// A status, headers, and a body that is read once.
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
        future_into_py(py, async move {
            let chunk = life.run(response.chunk()).await?;
            let mut body = lock(&body);
            // If the body was closed meanwhile, it stays closed.
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

    /// The rest of the body, in one delivery.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let response = self.take()?;
        let (body, life) = (Arc::clone(&self.body), self.life.clone());
        future_into_py(py, async move {
            let rest = life.run(response.bytes()).await?;
            *lock(&body) = Body::Gone("the body was read");
            Ok(Vec::from(rest))
        })
    }

    /// Drops the rest of the body, and with it the connection.
    fn close(&self) {
        *lock(&self.body) = Body::Gone("the body is closed");
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

    /// A read owns the response: if the read is cancelled, both are dropped.
    fn take(&self) -> PyResult<reqwest::Response> {
        let mut body = lock(&self.body);
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

/// The exception to raise. PyO3 makes the objects when the result is delivered.
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

/// No code that runs under one of these locks leaves it half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{Response, Session};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
