//! A Python module that charges cards at a bank, and gives each way to fail an exception class.

mod runtime;

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, into_future};

// ANCHOR: error
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("no card {0}")]
    UnknownCard(String),
    #[error("declined: {0}")]
    Declined(String, Option<f64>),
    #[error("the bank gave no answer")]
    NoAnswer(#[source] PyErr),
    /// A cancellation, Ctrl-C or an exit, which is no failure.
    #[error(transparent)]
    Stopped(PyErr),
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::UnknownCard(_) => UnknownCard::new_err((message, "unknown_card", None::<f64>)),
            Error::Declined(code, retry_after) => Declined::new_err((message, code, retry_after)),
            Error::NoAnswer(cause) => Python::attach(|py| {
                let error = NoAnswer::new_err((message, "no_answer", None::<f64>));
                error.set_cause(py, Some(cause));
                error
            }),
            Error::Stopped(error) => error,
        }
    }
}
// ANCHOR_END: error

// ANCHOR: from_python
impl From<PyErr> for Error {
    fn from(error: PyErr) -> Self {
        match Python::attach(|py| error.is_instance_of::<PyException>(py)) {
            true => Self::NoAnswer(error),
            false => Self::Stopped(error),
        }
    }
}
// ANCHOR_END: from_python

// ANCHOR: classes
/// Base of all. `code` is for programs, and `retry_after` is a number of seconds.
#[pyclass(extends = PyException, subclass, frozen, get_all, str = "{message}", module = "payments")]
struct PaymentError {
    message: String,
    code: String,
    retry_after: Option<f64>,
}

#[pymethods]
impl PaymentError {
    #[new]
    #[pyo3(signature = (message, code, retry_after, /))]
    fn new(message: String, code: String, retry_after: Option<f64>) -> Self {
        Self {
            message,
            code,
            retry_after,
        }
    }
}

create_exception!(payments, UnknownCard, PaymentError);
create_exception!(payments, Declined, PaymentError);
create_exception!(payments, NoAnswer, PaymentError);
// ANCHOR_END: classes

// ANCHOR: charge
/// Charges the card, and returns the amount. `bank` is an async function that gets both.
#[pyfunction]
fn charge(py: Python<'_>, bank: Py<PyAny>, card: String, cents: u64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(settle(bank, card, cents).await?) })
}

async fn settle(bank: Py<PyAny>, card: String, cents: u64) -> Result<u64, Error> {
    let answer = Python::attach(|py| into_future(bank.bind(py).call1((&card, cents))?))?.await?;
    let (code, retry_after): (String, _) = Python::attach(|py| answer.extract(py))?;
    match code.as_str() {
        "approved" => Ok(cents),
        "unknown_card" => Err(Error::UnknownCard(card)),
        _ => Err(Error::Declined(code, retry_after)),
    }
}
// ANCHOR_END: charge

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Declined, NoAnswer, PaymentError, UnknownCard, charge};
    use pyo3::prelude::*;
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
