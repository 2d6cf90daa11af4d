//! Two threads that use the bridge for the first time at once.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_asyncio::async_std::run;

/// The first thread imports asyncio for the bridge.
static IMPORTING: Barrier = Barrier::new(2);
/// The second thread has the interpreter and is about to call the bridge.
static CALLING: Barrier = Barrier::new(2);

#[test]
fn two_first_uses_at_once_block_each_other() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        let finder = PyModule::from_code(py, FINDER, "finder.py", "finder")?;
        let importing = wrap_pyfunction!(importing, py)?;
        finder.call_method1("install", (importing,)).map(drop)
    })?;

    let (first, ended) = mpsc::channel();
    let second = first.clone();
    thread::spawn(move || {
        let end = Python::with_gil(|py| run(py, async { Ok(()) }));
        first.send(end)
    });
    IMPORTING.wait();
    thread::spawn(move || {
        let end = Python::with_gil(|py| {
            CALLING.wait();
            run(py, async { Ok(()) })
        });
        second.send(end)
    });

    let end = ended.recv_timeout(Duration::from_secs(3));
    assert_eq!(end.err(), Some(RecvTimeoutError::Timeout));
    Ok(())
}

/// Lets another thread have the interpreter, as any import may.
#[pyfunction]
fn importing(py: Python<'_>) {
    py.allow_threads(|| {
        IMPORTING.wait();
        CALLING.wait();
    });
}

const FINDER: &str = "
import sys

class Finder:
    def __init__(self, importing):
        self.importing = importing

    def find_spec(self, name, path=None, target=None):
        if name == 'asyncio':
            self.importing()

def install(importing):
    sys.meta_path.insert(0, Finder(importing))
";
