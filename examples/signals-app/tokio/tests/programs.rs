//! How each program ends after Ctrl-C, which is pressed when it has printed a line.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

fn start(program: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(program)
        .env_remove("RUST_BACKTRACE")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let out = child.stdout.take().expect("it is piped");
    (child, BufReader::new(out))
}

fn signal(name: &str, child: u32) {
    // After the end of the process, `kill` fails, and the test looks at how it ended.
    let _ = Command::new("kill")
        .args([name, &child.to_string()])
        .status();
}

/// The exit code (none after a signal), what came after the first line, and the errors.
fn press(program: &str) -> (Option<i32>, String, String) {
    let (child, mut out) = start(program);
    let mut line = String::new();
    out.read_line(&mut line).expect("UTF-8");
    assert_eq!(line, "serving\n");
    signal("-INT", child.id());
    // Python only notes a signal that comes right before its main thread begins to wait: the next one wakes it.
    end_of(child, out, |id| signal("-INT", id))
}

/// Looks on for two minutes, and says at each fifth second that the program has not ended.
fn end_of(
    child: Child,
    mut out: BufReader<ChildStdout>,
    still_there: impl Fn(u32) + Send + 'static,
) -> (Option<i32>, String, String) {
    let id = child.id();
    let (ended, watched) = std::sync::mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        for _ in 0..24 {
            if watched.recv_timeout(Duration::from_secs(5)).is_ok() {
                return;
            }
            still_there(id);
        }
        signal("-KILL", id);
        // The test looks at how it ended.
        let _ = watched.recv();
    });
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("UTF-8");
    let output = child.wait_with_output().expect("it ends");
    ended.send(()).expect("the watchdog waits");
    watchdog.join().expect("it does not panic");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), rest, error)
}

#[test]
fn with_two_owners_keyboard_interrupt_ends_the_program_before_its_clean_up() {
    let (code, rest, error) = press(env!("CARGO_BIN_EXE_two-owners-tokio"));
    assert_eq!((code, rest.as_str()), (Some(101), ""));
    // What else was pending may be reported first, or by another thread at the same time.
    assert!(
        error.contains("Traceback (most recent call last):\n"),
        "{error}"
    );
    assert!(error.contains("KeyboardInterrupt"), "{error}");
    let panic = "called `Result::unwrap()` on an `Err` value: ()\n";
    assert!(error.contains(panic), "{error}");
}

#[test]
fn with_tokio_as_the_owner_it_cleans_up() {
    let end = press(env!("CARGO_BIN_EXE_tokio-owns-tokio"));
    assert_eq!(end, (Some(0), "cleaned up\n".into(), String::new()));
}

#[test]
fn with_the_event_loop_as_the_owner_it_cleans_up() {
    let end = press(env!("CARGO_BIN_EXE_python-owns-tokio"));
    assert_eq!(end, (Some(0), "cleaned up\n".into(), String::new()));
}

#[test]
fn a_main_by_hand_returns_keyboard_interrupt() {
    let (code, rest, error) = press(env!("CARGO_BIN_EXE_kept-tokio"));
    assert_eq!((code, rest.as_str()), (Some(1), ""));
    assert!(error.starts_with("Error: "), "{error}");
    assert!(error.contains("KeyboardInterrupt"), "{error}");
}

#[test]
fn the_body_of_an_async_main_may_not_set_a_handler() {
    let (child, out) = start(env!("CARGO_BIN_EXE_off-main-thread-tokio"));
    let (code, rest, error) = end_of(child, out, |_| ());
    assert_eq!((code, rest.as_str()), (Some(101), ""));
    let refusal = "ValueError: signal only works in main thread of the main interpreter\n";
    assert!(error.contains(refusal), "{error}");
}
