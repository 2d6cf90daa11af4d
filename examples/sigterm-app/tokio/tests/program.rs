//! How the program ends after SIGTERM, which it gets when it has printed a line.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

fn signal(name: &str, child: u32) {
    let sent = Command::new("kill")
        .args([name, &child.to_string()])
        .status();
    assert!(sent.expect("kill starts").success());
}

/// How a program ends that gets SIGTERM after its first line, what it printed then, and its errors.
fn terminate(program: &mut Command) -> (ExitStatus, String, String) {
    let child = program
        .env_remove("RUST_BACKTRACE")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    end_of(child)
}

fn end_of(mut child: Child) -> (ExitStatus, String, String) {
    let id = child.id();
    let (ended, watched) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(60)) == Err(mpsc::RecvTimeoutError::Timeout) {
            signal("-KILL", id);
        }
    });
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("UTF-8");
    assert_eq!(line, "serving\n");
    signal("-TERM", id);
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("UTF-8");
    let output = child.wait_with_output().expect("it ends");
    drop(ended);
    watchdog.join().expect("it does not panic");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status, rest, error)
}

#[test]
fn sigterm_stops_the_coroutine_which_cleans_up() {
    let (status, rest, error) =
        terminate(&mut Command::new(env!("CARGO_BIN_EXE_sigterm-app-tokio")));
    assert_eq!(
        (rest.as_str(), error.as_str()),
        ("the shop is closed\n", "")
    );
    assert_eq!((status.code(), status.signal()), (Some(0), None));
}
