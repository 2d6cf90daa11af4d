//! What the programs of the page print, and how they end.

use std::process::{Command, Output};

fn run(program: &str) -> Output {
    Command::new(program).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

fn prints(program: &str, expected: &str) {
    let output = run(program);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_spawned_task_knows_no_event_loop() {
    let output = run(env!("CARGO_BIN_EXE_spawned-async-std"));
    assert_eq!(text(&output.stdout), "Python answers main\n");
    let error = text(&output.stderr);
    let expected = "\nRuntimeError: no running event loop\n";
    assert!(error.ends_with(expected), "{error}");
    assert!(
        error.contains("RuntimeWarning: coroutine 'sleep' was never awaited"),
        "{error}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn scope_and_handed_over_locals_both_bring_the_loop() {
    prints(
        env!("CARGO_BIN_EXE_scoped-async-std"),
        "Python answers the scoped task\nPython answers the task with locals\n",
    );
}

#[test]
fn cached_locals_break_on_the_second_asyncio_run() {
    let output = run(env!("CARGO_BIN_EXE_cached-async-std"));
    assert_eq!(text(&output.stdout), "handled the first event\n");
    let error = text(&output.stderr);
    assert!(
        error.contains("\nRuntimeError: Event loop is closed\n"),
        "{error}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn locals_asked_for_in_each_call_work_in_every_asyncio_run() {
    prints(
        env!("CARGO_BIN_EXE_per-call-async-std"),
        "handled the first event\nhandled the second event\n",
    );
}

#[test]
fn coroutines_see_the_context_of_the_call_and_functions_an_empty_one() {
    let output = run(env!("CARGO_BIN_EXE_context-async-std"));
    let seen: Vec<String> = text(&output.stdout)
        .lines()
        .map(|line| line[36..].trim().to_owned())
        .collect();
    assert_eq!(
        seen,
        [
            "at the call",
            "(default)",
            "(default)",
            "at the call",
            "after the call"
        ]
    );
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
