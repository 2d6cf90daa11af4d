//! Which tasks `tokio::main` leaves, and what stops them.

use std::process::{Command, Output};

fn run(program: &str) -> Output {
    Command::new(program).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

#[test]
fn run_cancels_no_task_that_is_left() {
    let output = run(env!("CARGO_BIN_EXE_left-tokio"));
    // Clean-up comes after `run`, when the task is destroyed and no loop could wait for it.
    assert_eq!(text(&output.stdout), "started\nrun is over\ncleaned up\n");
    let error = text(&output.stderr);
    assert!(
        error.starts_with("Task was destroyed but it is pending!\n"),
        "{error}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn tasks_that_are_cancelled_and_gathered_clean_up() {
    let output = run(env!("CARGO_BIN_EXE_gathered-tokio"));
    assert_eq!(text(&output.stdout), "started\ncleaned up\n");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
