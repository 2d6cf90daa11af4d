//! Forked children that use no thread of their parent, and hang all the same.

use std::path::PathBuf;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

// ANCHOR: count
/// Counts the lines of a file, on a new runtime, whose threads keep running.
#[pyfunction]
fn count(py: Python<'_>, path: PathBuf) -> PyResult<usize> {
    py.detach(|| {
        let runtime = Builder::new_multi_thread().worker_threads(2).build()?;
        let runtime: &Runtime = Box::leak(Box::new(runtime));
        let text = runtime.block_on(tokio::fs::read_to_string(path))?;
        Ok(text.lines().count())
    })
}
// ANCHOR_END: count

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(count, module)?)
}
