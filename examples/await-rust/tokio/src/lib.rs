//! A native module whose Rust futures Python awaits: one only sleeps, one takes and gives values.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::RwLock;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

// ANCHOR: call_rust_sleep
async fn rust_sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[pyfunction]
fn call_rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    let duration = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;

    generic::future_into_py::<Tokio, _, _>(py, async move {
        rust_sleep(duration).await;
        Ok(None::<()>)
    })
}
// ANCHOR_END: call_rust_sleep

// ANCHOR: ask
/// Sends one line to the server and reads one line.
async fn ask_server(port: u16, question: String) -> io::Result<String> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.write_all(format!("{question}\n").as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(server).read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}

#[pyfunction]
fn ask(py: Python<'_>, port: u16, question: String) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let answer = ask_server(port, question).await?;
        Ok(answer)
    })
}
// ANCHOR_END: ask

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(call_rust_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(ask, module)?)?;
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
