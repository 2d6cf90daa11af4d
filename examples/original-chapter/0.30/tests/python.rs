//! The Python blocks of the chapter, as they are printed, beside its module with corrected types.

use std::process::{Command, Output};

fn run(file: &str) -> Output {
    run_with(file, "")
}

fn run_with(file: &str, python_path: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_with_module"))
        .arg(file)
        .env("PYTHONPATH", python_path)
        .output()
        .expect("the program starts")
}

fn succeeds(output: Output) {
    assert!(output.status.success(), "{output:?}");
}

/// It ends with this exception, the last line that Python prints but for warnings. From Python 3.12 on, a
/// message may go on with advice.
fn raises(output: Output, exception: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    let mut lines = error.lines();
    let raised = lines.any(|line| line.starts_with(exception));
    let warned = lines.all(|line| line.contains("RuntimeWarning") || line.starts_with(' '));
    assert!(!output.status.success() && raised && warned, "{error}");
}

#[test]
fn block_10_sleeps_once_it_is_a_file() {
    succeeds(run("blocks/block_10.py"));
}

#[test]
fn block_11_defines_a_function_that_fails_when_it_is_called() {
    succeeds(run("blocks/example.py"));
    raises(
        run_with("tests/py_sleep.py", "blocks"),
        "NameError: name 'asyncio' is not defined",
    );
}

#[test]
fn block_14_does_not_know_await_coro() {
    raises(
        run("blocks/block_14.py"),
        "NameError: name 'await_coro' is not defined",
    );
}

#[test]
fn block_16_is_no_python() {
    raises(run("blocks/block_16.py"), "SyntaxError: invalid syntax");
}

#[test]
fn block_20_imports_a_module_that_no_block_builds() {
    raises(
        run("blocks/block_20.py"),
        "ModuleNotFoundError: No module named 'example'",
    );
}

#[test]
fn block_23_fails_with_the_error_of_block_24() {
    raises(
        run("blocks/block_23.py"),
        "RuntimeError: no running event loop",
    );
}

#[test]
fn block_25_sleeps() {
    succeeds(run("blocks/block_25.py"));
}

#[test]
#[cfg(unix)]
fn block_28_sleeps_once_it_is_a_file() {
    succeeds(run_with("blocks/block_28.py", &packages()));
}

#[test]
fn await_coro_fails_without_a_running_loop() {
    raises(
        run("blocks/await_coro.py"),
        "RuntimeError: no running event loop",
    );
}

#[test]
fn await_coro_fails_inside_a_running_loop() {
    let output = run("blocks/await_coro_in_loop.py");
    let error = String::from_utf8_lossy(&output.stdout);
    assert_eq!(error.trim_end(), "This event loop is already running");
}

/// Where the active virtual environment has uvloop.
#[cfg(unix)]
fn packages() -> String {
    let environment = std::env::var("VIRTUAL_ENV").expect("activate one with uvloop in it");
    let output = Command::new(format!("{environment}/bin/python"))
        .args([
            "-c",
            "import sysconfig; print(sysconfig.get_path('purelib'))",
        ])
        .output()
        .expect("the virtual environment has a Python");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
