//! What the two programs print.

use std::process::{Command, Output};

fn run(program: &str) -> Output {
    Command::new(program).output().expect("the program starts")
}

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_task_of_main_and_the_future_of_the_bridge_run_on_the_runtime_that_main_builds() {
    let output = run(env!("CARGO_BIN_EXE_handed-over-tokio"));
    let mut lines = lines(&output);
    lines.sort();
    assert_eq!(
        lines,
        [
            "Python's price is 300",
            "the future of the bridge runs on kiosk",
            "the task of main runs on kiosk",
        ]
    );
}

#[test]
fn after_the_first_use_init_is_ignored_and_init_with_runtime_is_an_error() {
    let output = run(env!("CARGO_BIN_EXE_too-late-tokio"));
    assert_eq!(
        lines(&output),
        [
            "after init, a worker is Some(\"tokio-rt-worker\")",
            "init_with_runtime returns Err(())",
        ]
    );
}
