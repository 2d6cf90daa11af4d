//! An outbox that delivers messages in background tasks, and stops them when Python closes it.

mod runtime;

use std::sync::{Arc, Mutex, PoisonError};
use std::{io, mem, time::Duration};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

// ANCHOR: deliver
/// Connects to the mail server at this port, and waits until it is ready for a message.
async fn connect(port: u16) -> io::Result<TcpStream> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.read_u8().await?;
    Ok(server)
}

/// Delivers a message, unless it is stopped before the server is ready.
async fn deliver(port: u16, message: &str, stop: &CancellationToken) -> io::Result<()> {
    let server = stop.run_until_cancelled(connect(port)).await;
    let mut server = server.ok_or_else(|| io::Error::other("the outbox was closed"))??;
    // Not stopped from here on: it would be unknown whether the message arrived.
    server.write_all(message.as_bytes()).await?;
    server.shutdown().await?;
    server.read_u8().await?; // The receipt.
    Ok(())
}
// ANCHOR_END: deliver

// ANCHOR: outbox
#[pyclass(frozen)]
#[derive(Default)]
struct Outbox {
    port: u16,
    tasks: TaskTracker,
    stop: CancellationToken,
    undelivered: Arc<Mutex<Vec<(String, String)>>>,
}
// ANCHOR_END: outbox

#[pymethods]
impl Outbox {
    #[new]
    fn new(port: u16) -> Self {
        let empty = Self::default();
        Self { port, ..empty }
    }

    // ANCHOR: send
    /// Delivers the message in a task; RuntimeError once the outbox is closed.
    fn send(&self, message: String) -> PyResult<()> {
        let (port, stop, undelivered) = (self.port, self.stop.clone(), self.undelivered.clone());
        let delivery = self.tasks.track_future(async move {
            if let Err(error) = deliver(port, &message, &stop).await {
                let mut undelivered = undelivered.lock().unwrap_or_else(PoisonError::into_inner);
                undelivered.push((message, error.to_string()));
            }
        });
        // Asked after `track_future`: a `close` that comes later waits for this delivery.
        if self.tasks.is_closed() {
            return Err(PyRuntimeError::new_err("the outbox is closed"));
        }
        get_runtime().spawn(delivery);
        Ok(())
    }
    // ANCHOR_END: send

    // ANCHOR: close
    /// Stops the deliveries and waits for them, up to a limit. Returns how many still run.
    fn close<'py>(&self, py: Python<'py>, limit: Duration) -> PyResult<Bound<'py, PyAny>> {
        // Not in the future: the deliveries stop even if Python cancels the wait.
        self.tasks.close();
        self.stop.cancel();
        let tasks = self.tasks.clone();
        future_into_py(py, async move {
            timeout(limit, tasks.wait()).await.ok();
            Ok(tasks.len())
        })
    }
    // ANCHOR_END: close

    /// Takes the messages that could not be delivered, each with the reason.
    fn take_undelivered(&self) -> Vec<(String, String)> {
        mem::take(
            &mut self
                .undelivered
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::Outbox;
    use pyo3::prelude::*;
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
