//! Counts lines without stopping the event loop, tokio's workers or the delivery of results.

mod runtime;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::{io, net::TcpStream};

use pyo3::{prelude::*, pybacked::PyBackedBytes};
use pyo3_async_runtimes::{err::RustPanic, tokio::future_into_py};
use rayon::prelude::*;
use tokio::{sync::Semaphore, sync::oneshot, task::spawn_blocking};

// ANCHOR: blocking
/// Fewer than the runtime's 32 blocking threads: the others deliver results.
static BLOCKING_CALLS: Semaphore = Semaphore::const_new(16);

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> PyResult<T> + Send + 'static,
) -> PyResult<T> {
    let permit = BLOCKING_CALLS.acquire().await.expect("it is never closed");
    // A cancel does not end the work, so the work keeps the permit.
    let calling = spawn_blocking(move || (work(), drop(permit)).0).await;
    calling.map_err(|error| RustPanic::new_err(error.to_string()))?
}

/// Counts the lines that a server sends until it closes the connection.
#[pyfunction]
fn count_sent(py: Python<'_>, address: String) -> PyResult<Bound<'_, PyAny>> {
    let counting = blocking(|| {
        let text = io::read_to_string(TcpStream::connect(address)?)?;
        Ok(text.lines().count())
    });
    future_into_py(py, counting)
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
        // The receiver is gone if the await was cancelled.
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
fn offsets(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    (0..)
        .zip(text)
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(offset, _)| offset)
}

#[pyfunction]
fn offsets_as_list(py: Python<'_>, text: PyBackedBytes) -> PyResult<Bound<'_, PyAny>> {
    let listing = rayon(move |_| Vec::from_iter(offsets(&text)));
    future_into_py(py, async { Ok(listing.await) })
}
// ANCHOR_END: offsets

// ANCHOR: packed
#[pyfunction]
fn offsets_as_bytes(py: Python<'_>, text: PyBackedBytes) -> PyResult<Bound<'_, PyAny>> {
    let packing = rayon(move |_| Vec::from_iter(offsets(&text).flat_map(u64::to_ne_bytes)));
    future_into_py(py, async { Ok(packing.await) })
}
// ANCHOR_END: packed

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{count, count_sent, offsets_as_bytes, offsets_as_list};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
