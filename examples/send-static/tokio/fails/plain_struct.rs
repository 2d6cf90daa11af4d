//! Does not compile: PyO3 cannot make a Python object from a struct that is no class.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;

struct Letter {
    sender: String,
    text: String,
}

#[pyfunction]
fn read(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        let [sender, text] = ["Ann", "Tea at five?"].map(str::to_owned);
        Ok(Letter { sender, text })
    })
}

fn main() {}
