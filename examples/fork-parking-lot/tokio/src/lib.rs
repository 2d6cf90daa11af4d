//! Forked children that use no thread of their parent, and wait for ever all the same.

use std::path::PathBuf;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

// ANCHOR: count
/// Counts the lines of a file, on a runtime that no other call has used. Its threads stay.
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
