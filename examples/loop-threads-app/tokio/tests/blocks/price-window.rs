//! A process of its own shows a price, gets Ctrl-C, and closes its window.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod shown {
    // BLOCK

    pub fn start() {
        main().expect("it is closed with Ctrl-C");
    }
}

fn main() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};

    const AGAIN: &str = "GUIDE_WINDOW";
    // Windows has no such signal.
    if cfg!(not(unix)) {
        return;
    }
    if std::env::var_os(AGAIN).is_some() {
        return shown::start();
    }
    let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["coffee", "tea"])
        .env(AGAIN, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this program starts again");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    assert_eq!(line, "tea costs 3\n");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill starts").success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("UTF-8");
    let ended = child.wait_with_output().expect("it ends");
    let error = String::from_utf8_lossy(&ended.stderr);
    assert_eq!((error.as_ref(), ended.status.code()), ("", Some(0)));
    assert_eq!(rest, "no longer waiting for coffee\nthe window is closed\n");
}
