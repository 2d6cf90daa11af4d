//! Counts lines without stopping the event loop, tokio's workers or the delivery of results.

mod runtime;

use std::io;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::future_into_py;
use rayon::prelude::*;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinError, spawn_blocking};

// ANCHOR: lines_sent
/// Counts the lines that a server sends until it closes the connection. This blocks its thread.
fn lines_sent(address: String) -> PyResult<usize> {
    let text = io::read_to_string(TcpStream::connect(address)?)?;
    Ok(text.lines().count())
}
// ANCHOR_END: lines_sent

// ANCHOR: on_loop
#[pyfunction]
fn on_loop(py: Python<'_>, address: String) -> PyResult<Bound<'_, PyAny>> {
    let lines = py.detach(|| lines_sent(address))?;
    future_into_py(py, async move { Ok(lines) })
}

#[pyfunction]
fn in_future(py: Python<'_>, address: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async { lines_sent(address) })
}
// ANCHOR_END: on_loop

// ANCHOR: on_blocking_thread
#[pyfunction]
fn on_blocking_thread(py: Python<'_>, address: String) -> PyResult<Bound<'_, PyAny>> {
    let work = || lines_sent(address);
    future_into_py(py, async { spawn_blocking(work).await.map_err(panicked)? })
}

fn panicked(error: JoinError) -> PyErr {
    RustPanic::new_err(error.to_string())
}
// ANCHOR_END: on_blocking_thread

// ANCHOR: blocking
/// Fewer than the runtime's 32 blocking threads: the others deliver results.
static BLOCKING_CALLS: Semaphore = Semaphore::const_new(16);

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> PyResult<T> + Send + 'static,
) -> PyResult<T> {
    let permit = BLOCKING_CALLS.acquire().await.expect("nobody closes it");
    // A cancel does not end the work, so the work keeps the permit.
    let work = move || (work(), drop(permit)).0;
    spawn_blocking(work).await.map_err(panicked)?
}

#[pyfunction]
fn count_sent(py: Python<'_>, address: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, blocking(|| lines_sent(address)))
}
// ANCHOR_END: blocking

// ANCHOR: rayon
/// Awaits work, which can ask whether the future that awaits it was dropped.
async fn rayon<T: Send + 'static>(
    work: impl FnOnce(&(dyn Fn() -> bool + Sync)) -> T + Send + 'static,
) -> T {
    let (sender, result) = oneshot::channel();
    rayon::spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(|| work(&|| sender.is_closed())));
        // Nobody receives it if the await was cancelled.
        let _ = sender.send(result);
    });
    let result = result.await.expect("the work sends, also if it panics");
    result.unwrap_or_else(|panic| resume_unwind(panic))
}
// ANCHOR_END: rayon

// ANCHOR: count
#[pyfunction]
fn count(py: Python<'_>, text: PyBackedBytes) -> PyResult<Bound<'_, PyAny>> {
    let counting = rayon(move |is_cancelled| {
        let parts = text.par_chunks(1 << 16).take_any_while(|_| !is_cancelled());
        parts
            .map(|part| part.iter().filter(|byte| **byte == b'\n').count())
            .sum::<usize>()
    });
    future_into_py(py, async { Ok(counting.await) })
}
// ANCHOR_END: count

// ANCHOR: offsets
/// Where each line ends.
fn offsets(text: &[u8]) -> Vec<u64> {
    let ends = (0..).zip(text).filter(|(_, byte)| **byte == b'\n');
    ends.map(|(offset, _)| offset).collect()
}

#[pyfunction]
fn offsets_as_list(py: Python<'_>, text: PyBackedBytes) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async { Ok(rayon(move |_| offsets(&text)).await) })
}
// ANCHOR_END: offsets

// ANCHOR: packed
#[pyfunction]
fn offsets_as_bytes(py: Python<'_>, text: PyBackedBytes) -> PyResult<Bound<'_, PyAny>> {
    let packing = rayon(move |_| {
        offsets(&text)
            .into_iter()
            .flat_map(u64::to_ne_bytes)
            .collect()
    });
    future_into_py(py, async { Ok::<Vec<u8>, _>(packing.await) })
}
// ANCHOR_END: packed

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{
        count, count_sent, in_future, offsets_as_bytes, offsets_as_list, on_blocking_thread,
        on_loop,
    };
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
