//! pyo3-asyncio builds for the Pythons that pyo3 0.20 knows, and for no newer one.

use pyo3::prelude::*;

fn main() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        let answer: String = pyo3_asyncio::tokio::run(py, async {
            let version = Python::with_gil(|py| py.version().to_owned());
            Ok(format!("pyo3-asyncio runs on CPython {version}"))
        })?;
        println!("{answer}");
        Ok(())
    })
}
