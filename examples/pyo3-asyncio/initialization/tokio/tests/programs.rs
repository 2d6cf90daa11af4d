//! The program written by hand does what the one with the attribute does; without a loop, neither.

use std::process::{Command, Output};

const ATTRIBUTE: &str = env!("CARGO_BIN_EXE_attribute-tokio");
const BY_HAND: &str = env!("CARGO_BIN_EXE_by-hand-tokio");
const NO_LOOP: &str = env!("CARGO_BIN_EXE_no-loop-tokio");

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

/// What Python printed to standard error: all before the message of the panic.
fn traceback(output: &Output) -> String {
    let error = text(&output.stderr);
    let (before, _) = error
        .split_once("\nthread 'main' ")
        .expect("the main thread panics");
    before.to_owned()
}

#[test]
fn rust_runs_on_the_runtime_and_python_on_its_main_thread() {
    for program in [ATTRIBUTE, BY_HAND] {
        let output = run(program, &["42"]);
        let expected = "Rust is on tokio-rt-worker\nPython is on MainThread: 21\n";
        assert_eq!(text(&output.stdout), expected);
        assert_eq!(text(&output.stderr), "");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn an_error_is_printed_as_a_traceback_and_the_exit_code_is_101() {
    for program in [ATTRIBUTE, BY_HAND] {
        let output = run(program, &["twelve"]);
        let traceback = traceback(&output);
        assert!(
            traceback.starts_with("Traceback (most recent call last):\n"),
            "{traceback}"
        );
        assert!(
            traceback.ends_with("\nValueError: invalid literal for int() with base 10: 'twelve'\n"),
            "{traceback}"
        );
        assert_eq!(output.status.code(), Some(101));
    }
}

#[test]
fn by_hand_and_with_the_attribute_is_the_same() {
    for arguments in [&[][..], &["-8"], &["twelve"]] {
        let (ours, theirs) = (run(BY_HAND, arguments), run(ATTRIBUTE, arguments));
        assert_eq!(text(&ours.stdout), text(&theirs.stdout));
        assert_eq!(ours.status, theirs.status);
        if !ours.status.success() {
            assert_eq!(traceback(&ours), traceback(&theirs));
        }
    }
}

#[test]
fn without_a_running_loop_the_conversion_fails() {
    let output = run(NO_LOOP, &[]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    let expected = "Error: PyErr { type: <class 'RuntimeError'>, \
                    value: RuntimeError('no running event loop'), traceback: None }";
    assert!(error.contains(expected), "{error}");
    assert!(
        error.contains("RuntimeWarning: coroutine 'sleep' was never awaited"),
        "{error}"
    );
}
