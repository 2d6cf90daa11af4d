//! A Python module that reads the limits of cards, and gives its errors a context with anyhow.

mod runtime;

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, into_future};

// ANCHOR: limit
async fn limit_in(path: &Path) -> anyhow::Result<u64> {
    let text = tokio::fs::read_to_string(path).await;
    let text = text.with_context(|| format!("no limits in {}", path.display()))?;
    let limit = text.trim().parse();
    limit.with_context(|| format!("the limit in {} is no number", path.display()))
}

/// The limit in the file, in cents. The conversion of the error is PyO3's.
#[pyfunction]
fn limit(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(limit_in(&path).await?) })
}
// ANCHOR_END: limit

// ANCHOR: with_causes
/// The limit in the file, in cents. The exception has the chain as its causes.
#[pyfunction]
fn limit_with_causes(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(
        py,
        async move { limit_in(&path).await.map_err(with_causes) },
    )
}

/// Makes each error of the chain the cause of the one before it.
fn with_causes(error: anyhow::Error) -> PyErr {
    Python::attach(|py| {
        let root = error.root_cause();
        let mut exception = match (
            root.downcast_ref::<PyErr>(),
            root.downcast_ref::<io::Error>(),
        ) {
            (Some(raised), _) => raised.clone_ref(py),
            (_, Some(system)) => io::Error::new(system.kind(), system.to_string()).into(),
            _ => PyRuntimeError::new_err(root.to_string()),
        };
        // A cancellation or Ctrl-C is no failure: it is passed on without the contexts.
        if exception.is_instance_of::<PyException>(py) {
            for link in error.chain().rev().skip(1) {
                let outer = PyRuntimeError::new_err(link.to_string());
                outer.set_cause(py, Some(exception));
                exception = outer;
            }
        }
        exception
    })
}
// ANCHOR_END: with_causes

// ANCHOR: confirm
async fn answer_to(question: Py<PyAny>) -> anyhow::Result<Py<PyAny>> {
    let answer = Python::attach(|py| into_future(question.into_bound(py)))?.await;
    answer.context("the customer gave no answer")
}

/// Awaits the customer's answer. The conversion of the error is PyO3's.
#[pyfunction]
fn confirm(py: Python<'_>, question: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(answer_to(question).await?) })
}

/// Awaits the customer's answer. A cancellation stays one.
#[pyfunction]
fn confirm_with_causes(py: Python<'_>, question: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(
        py,
        async move { answer_to(question).await.map_err(with_causes) },
    )
}
// ANCHOR_END: confirm

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{confirm, confirm_with_causes, limit, limit_with_causes};
    use pyo3::prelude::*;
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
