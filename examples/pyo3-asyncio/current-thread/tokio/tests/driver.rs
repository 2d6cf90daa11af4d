//! A `current_thread` runtime runs nothing until a thread drives it; then it runs all on that thread.

use std::process::{Command, Output};

fn run(program: &str) -> Output {
    Command::new(program).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

#[test]
fn without_a_driver_the_rust_future_never_starts() {
    let output = run(env!("CARGO_BIN_EXE_undriven"));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        "Error: nothing has run for 3 seconds\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_driver_runs_the_rust_future() {
    let output = run(env!("CARGO_BIN_EXE_driven"));
    assert_eq!(text(&output.stdout), "Rust is on driver\n");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_flavor_of_the_attribute_starts_a_driver_without_a_name() {
    let output = run(env!("CARGO_BIN_EXE_flavor"));
    assert_eq!(text(&output.stdout), "Rust is on (no name)\n");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
