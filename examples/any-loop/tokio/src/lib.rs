//! A bakery in Rust whose bread Python awaits under asyncio, trio or anyio.

mod job;
mod runtime;

use std::time::Duration;

use pyo3::exceptions::{PyLookupError, PyValueError};
use pyo3::prelude::*;
use tokio::sync::Semaphore;
use tokio::time::sleep;

pyo3::create_exception!(bakery, UnknownBread, PyLookupError);

/// The free places of the oven, one for each loaf.
static PLACES: Semaphore = Semaphore::const_new(100);

// ANCHOR: bake
async fn bake(bread: String, seconds: f64) -> PyResult<String> {
    if !["baguette", "rye"].contains(&bread.as_str()) {
        return Err(UnknownBread::new_err(format!("no recipe for {bread}")));
    }
    let time = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("cannot bake for {seconds} s: {error}")))?;
    let _place = PLACES.acquire().await.expect("PLACES is never closed");
    sleep(time).await;
    Ok(format!("{bread} is ready"))
}

#[pymodule]
mod _native {
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};

    #[pymodule_export]
    use super::UnknownBread;
    #[pymodule_export]
    use crate::job::Job;
    use crate::job::start;

    /// Starts to bake; `job::start` says what `schedule` and `deliver` are for.
    #[pyfunction]
    fn bake(schedule: Py<PyAny>, deliver: Py<PyAny>, bread: String, seconds: f64) -> Job {
        start(schedule, deliver, super::bake(bread, seconds))
    }
    // ANCHOR_END: bake

    /// For asyncio only: the bridge makes an asyncio future.
    #[pyfunction]
    fn bake_in_asyncio(py: Python<'_>, bread: String, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, super::bake(bread, seconds))
    }

    /// Blocks the calling thread until the bread is ready.
    #[pyfunction]
    fn bake_blocking(py: Python<'_>, bread: String, seconds: f64) -> PyResult<String> {
        py.detach(|| get_runtime().block_on(super::bake(bread, seconds)))
    }

    /// How many more loaves fit into the oven now.
    #[pyfunction]
    fn free_places() -> usize {
        super::PLACES.available_permits()
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
