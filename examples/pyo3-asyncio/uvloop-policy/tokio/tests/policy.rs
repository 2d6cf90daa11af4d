//! The policy decides which loop `run` makes, and newer Pythons warn of it.
#![cfg(unix)]

use std::process::{Command, Output};

use pyo3::prelude::*;
use pyo3_asyncio::tokio::{get_current_loop, run};

fn program(warnings: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pyo3-asyncio-uvloop-policy-tokio"))
        .env("PYTHONWARNINGS", warnings)
        .output()
        .expect("the program starts")
}

#[test]
fn without_a_policy_run_makes_a_loop_of_asyncio_and_closes_it() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        let event_loop = run(py, async {
            Python::with_gil(|py| Ok(PyObject::from(get_current_loop(py)?)))
        })?;
        let event_loop = event_loop.as_ref(py);
        let module: String = event_loop.get_type().getattr("__module__")?.extract()?;
        assert!(module.starts_with("asyncio."), "{module}");
        assert!(event_loop.call_method0("is_closed")?.extract::<bool>()?);
        Ok(())
    })
}

#[test]
fn with_the_policy_run_makes_a_loop_of_uvloop_and_nobody_is_warned() {
    let output = program("default::UserWarning");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "Rust waits for <class 'uvloop.Loop'>\n"
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn where_warnings_are_errors_install_fails_from_python_3_12_on() {
    let output = program("error::DeprecationWarning");
    pyo3::prepare_freethreaded_python();
    let minor = Python::with_gil(|py| py.version_info().minor);
    let expected = match minor {
        ..12 => "",
        12 | 13 => "uvloop.install() is deprecated in favor of uvloop.run()",
        14.. => "is deprecated and slated for removal in Python 3.16",
    };
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), minor < 12, "{error}");
    assert!(error.contains(expected), "{error}");
}
