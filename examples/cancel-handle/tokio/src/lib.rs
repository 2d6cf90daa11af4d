//! PyO3's own `async fn`, cancelled by Python: without a `CancelHandle`, and with one.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::coroutine::CancelHandle;
use pyo3::prelude::*;
use tokio::sync::Notify;

/// A question that is open until it is answered.
#[pyclass(frozen, from_py_object)]
#[derive(Clone, Default)]
struct Question(Arc<State>);

#[derive(Default)]
struct State {
    answer: Notify,
    withdrawn: AtomicBool,
}

#[pymethods]
impl Question {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn answer(&self) {
        self.0.answer.notify_one();
    }

    /// Whether a coroutine waits for the answer.
    #[getter]
    fn asked(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Whether a cancelled coroutine has withdrawn it.
    #[getter]
    fn withdrawn(&self) -> bool {
        self.0.withdrawn.load(Ordering::Relaxed)
    }
}

// ANCHOR: async_fn
/// PyO3's own `async fn`.
#[pyfunction]
async fn ask(question: Question) -> &'static str {
    question.0.answer.notified().await;
    "42"
}

/// The same, but its handle tells it when Python cancels it.
#[pyfunction]
async fn ask_or_withdraw(
    question: Question,
    #[pyo3(cancel_handle)] mut cancel: CancelHandle,
) -> PyResult<&'static str> {
    let state = question.0.clone();
    let mut asking = pin!(ask(question));
    tokio::select! {
        answer = &mut asking => Ok(answer),
        exception = cancel.cancelled() => {
            state.withdrawn.store(true, Ordering::Relaxed);
            Err(Python::attach(|py| PyErr::from_value(exception.into_bound(py))))
        }
    }
}

/// It has the handle too, but never checks it.
#[pyfunction]
async fn ask_to_the_end(
    question: Question,
    #[pyo3(cancel_handle)] _cancel: CancelHandle,
) -> &'static str {
    ask(question).await
}
// ANCHOR_END: async_fn

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Question, ask, ask_or_withdraw, ask_to_the_end};
}
