//! The Rust blocks of the chapter that build, run as programs.

use std::process::{Command, Output};

fn run(program: &str, python_path: &str) -> Output {
    Command::new(program)
        .env("PYTHONPATH", python_path)
        .output()
        .expect("the program starts")
}

fn succeeds(program: &str) {
    let output = run(program, "");
    assert!(output.status.success(), "{output:?}");
}

/// Its `main` prints this exception, and panics. From Python 3.12 on, a message may go on with advice.
fn raises(program: &str, python_path: &str, exception: &str) {
    let output = run(program, python_path);
    let error = String::from_utf8_lossy(&output.stderr);
    let raised = error.lines().any(|line| line.starts_with(exception));
    assert!(output.status.code() == Some(101) && raised, "{error}");
}

#[test]
fn blocks_2_and_4_and_22_sleep() {
    succeeds(env!("CARGO_BIN_EXE_block_02"));
    succeeds(env!("CARGO_BIN_EXE_block_04"));
    succeeds(env!("CARGO_BIN_EXE_block_22"));
}

#[test]
fn block_12_finds_no_module() {
    raises(
        env!("CARGO_BIN_EXE_block_12"),
        "",
        "ModuleNotFoundError: No module named 'example'",
    );
}

#[test]
fn block_12_fails_with_block_11_as_its_module() {
    raises(
        env!("CARGO_BIN_EXE_block_12"),
        "blocks",
        "NameError: name 'asyncio' is not defined",
    );
}

#[test]
fn blocks_17_and_18_do_nothing() {
    succeeds(env!("CARGO_BIN_EXE_block_17"));
    succeeds(env!("CARGO_BIN_EXE_block_18"));
}
