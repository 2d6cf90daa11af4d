//! What the window shows, and how it is closed.

use std::process::Command;

fn window(items: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loop-threads-app-tokio"));
    command.args(items).env_remove("RUST_BACKTRACE");
    command
}

#[test]
fn the_error_of_a_coroutine_reaches_the_window_and_closes_it() {
    let output = window(&["coffee", "soup"]).output().expect("it starts");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(out, "no longer waiting for coffee\nthe window is closed\n");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("Error: "), "{error}");
    assert!(error.contains("KeyError('soup')"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn ctrl_c_reaches_the_main_thread_which_ends_the_tasks_and_closes_the_window() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    let mut child = window(&["coffee", "tea"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("UTF-8");
    assert_eq!(line, "tea costs 3\n");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill starts").success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("UTF-8");
    assert_eq!(rest, "no longer waiting for coffee\nthe window is closed\n");
    let output = child.wait_with_output().expect("it ends");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((error.as_ref(), output.status.code()), ("", Some(0)));
}
