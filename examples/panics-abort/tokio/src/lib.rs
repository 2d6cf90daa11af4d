//! A native module that is compiled with `panic=abort`: its panic ends the process.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::future_into_py;

    #[pyfunction]
    fn pick(py: Python<'_>, items: Vec<String>, index: usize) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move { Ok(items[index].clone()) })
    }

    #[pyfunction]
    fn pick_now(items: Vec<String>, index: usize) -> String {
        items[index].clone()
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
