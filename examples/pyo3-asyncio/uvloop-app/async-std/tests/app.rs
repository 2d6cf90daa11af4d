//! The program runs on uvloop, and finds it in the virtual environment that is active.
#![cfg(unix)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Output};

const WAITED: &str = "Rust waits for <class 'uvloop.Loop'>\nPython slept\n";

/// The program outside of every virtual environment, beside the Python it was built for.
///
/// That Python comes first: where another one does, Python takes the standard library from there.
fn deactivated() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyo3-asyncio-uvloop-app-async-std"));
    for name in ["VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS"] {
        command.env_remove(name);
    }
    command.env("PATH", python_says("os.path.join(sys.base_prefix, 'bin')"));
    command
}

/// What activating the virtual environment has set: these tests run in one that has uvloop.
fn virtual_environment() -> OsString {
    std::env::var_os("VIRTUAL_ENV").expect("activate a virtual environment with uvloop in it")
}

fn scripts() -> PathBuf {
    PathBuf::from(virtual_environment()).join("bin")
}

fn python_says(expression: &str) -> String {
    let code = format!("import os, sys, sysconfig; print({expression})");
    let output = Command::new(scripts().join("python"))
        .args(["-c", &code])
        .output();
    let output = output.expect("the virtual environment has a Python");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}

fn waits_for_uvloop(output: &Output) {
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), WAITED);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

#[test]
fn the_variable_virtual_env_is_enough() {
    waits_for_uvloop(&run(deactivated().env("VIRTUAL_ENV", virtual_environment())));
}

#[test]
fn a_loop_given_to_the_bridge_needs_no_policy_and_has_no_warning() {
    let mut command = deactivated();
    command.env("VIRTUAL_ENV", virtual_environment());
    waits_for_uvloop(&run(command.env("PYTHONWARNINGS", "error")));
}

#[test]
fn python_path_is_enough_too() {
    waits_for_uvloop(&run(
        deactivated().env("PYTHONPATH", python_says("sysconfig.get_path('purelib')"))
    ));
}

/// Here Python itself looks beside the first python3 of the path.
#[cfg(target_os = "linux")]
#[test]
fn on_linux_a_path_that_begins_with_the_environment_is_enough() {
    waits_for_uvloop(&run(deactivated().env("PATH", scripts())));
}

#[test]
fn without_any_of_them_there_is_no_uvloop() {
    let output = run(&mut deactivated());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("ModuleNotFoundError(\"No module named 'uvloop'\""),
        "{error}"
    );
}
