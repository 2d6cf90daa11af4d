//! The program finds its Python file wherever it is started, and awaits its coroutine.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3_asyncio::tokio::{into_future, run};

const EXAMPLE: &str = include_str!("../example.py");

fn example(py: Python<'_>) -> PyResult<&PyModule> {
    PyModule::from_code(py, EXAMPLE, "example.py", "example")
}

fn run_in(folder: &std::path::Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pyo3-asyncio-await-python-tokio"))
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

#[test]
fn the_program_awaits_py_sleep_from_any_folder() {
    let start = Instant::now();
    let output = run_in(&std::env::temp_dir());
    assert!(output.status.success(), "{output:?}");
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim_end(),
        "Python slept for 1 s"
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn calling_py_sleep_gives_a_coroutine_that_has_not_begun() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        let coroutine = example(py)?.call_method1("py_sleep", ("not a number",))?;
        let state = py
            .import("inspect")?
            .call_method1("getcoroutinestate", (coroutine,))?;
        assert_eq!(state.to_string(), "CORO_CREATED");
        coroutine.call_method0("close")?;
        Ok(())
    })
}

#[test]
fn the_coroutines_exception_is_the_futures_error() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        run(py, async {
            let answer = Python::with_gil(|py| {
                into_future(example(py)?.call_method1("py_sleep", ("no number",))?)
            })?;
            let error = answer.await.expect_err("asyncio.sleep compares it with 0");
            assert_eq!(
                error.to_string(),
                "TypeError: '<=' not supported between instances of 'str' and 'int'"
            );
            Ok(())
        })
    })
}
