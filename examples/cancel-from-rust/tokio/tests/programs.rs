//! What the programs of the page print, and how they end.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn prints(program: &str, expected: &str) {
    let (stdout, stderr) = (Stdio::piped(), Stdio::piped());
    let mut child = Command::new(program)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .expect("the program starts");
    let started = Instant::now();
    while child.try_wait().expect("it can be waited for").is_none() {
        if started.elapsed() > Duration::from_secs(60) {
            child.kill().expect("it can be killed");
            panic!("{program} does not end");
        }
        thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("its output can be read");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_timeout_in_rust_lets_the_coroutine_go_on() {
    prints(
        env!("CARGO_BIN_EXE_elapsed-tokio"),
        "Rust: deadline has elapsed\nPython: ordered, paid\n",
    );
}

#[test]
fn a_guarded_coroutine_that_loses_a_select_is_cancelled() {
    prints(
        env!("CARGO_BIN_EXE_guarded-tokio"),
        "Rust: changed its mind\nPython: ordered, cancelled\n",
    );
}

#[test]
fn a_task_that_only_rust_waits_for_is_collected() {
    prints(
        env!("CARGO_BIN_EXE_collected-tokio"),
        "the loop logs: Task was destroyed but it is pending!\nRust gets: CancelledError: \n",
    );
}

#[test]
fn what_cannot_be_awaited_ends_the_wait_only_at_a_garbage_collection() {
    let refused = "  the loop logs: TypeError('An asyncio.Future, a coroutine or an awaitable is \
                   required')\n  Rust gets, after a garbage collection: CancelledError: \n";
    let used = "  the loop logs: nothing\n  \
                Rust gets, at once: RuntimeError: cannot reuse already awaited coroutine\n";
    prints(
        env!("CARGO_BIN_EXE_wrong-tokio"),
        &format!("42\n{refused}a function\n{refused}a used coroutine\n{used}"),
    );
}
