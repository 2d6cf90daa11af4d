//! The program runs on the Pythons that pyo3 0.20 knows.

use std::process::Command;

use pyo3::prelude::*;

#[test]
fn the_python_of_this_build_is_at_most_3_12() {
    pyo3::prepare_freethreaded_python();
    let version = Python::with_gil(|py| {
        let version = py.version_info();
        (version.major, version.minor)
    });
    assert!(((3, 7)..=(3, 12)).contains(&version), "{version:?}");
}

#[test]
fn the_program_runs_on_that_python() {
    let output = Command::new(env!("CARGO_BIN_EXE_pyo3-asyncio-newer-python-tokio"))
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    let version = Python::with_gil(|py| py.version().to_owned());
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim_end(),
        format!("pyo3-asyncio runs on CPython {version}")
    );
}
