//! A Rust program on a tokio runtime that awaits a coroutine of its own Python file.

use std::ffi::CStr;

use pyo3::ffi::c_str;
use pyo3::prelude::*;

/// The program carries the file, so it needs no search path and no folder at run time.
const EXAMPLE: &CStr = c_str!(include_str!("../example.py"));

#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    let answer = Python::attach(|py| {
        let example = PyModule::from_code(py, EXAMPLE, c"example.py", c"example")?;
        let coroutine = example.call_method1("py_sleep", (1,))?;
        pyo3_async_runtimes::tokio::into_future(coroutine)
    })?;

    println!("{}", answer.await?);
    Ok(())
}
