//! Each test starts a server of its own, and asks it over a socket.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const ROUTES: &str = "tests/routes.py";

struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    address: String,
    /// Dropped, it calls the watchdog off.
    _watched: mpsc::Sender<()>,
}

fn program(file: &str, event_loop: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-python-tokio"));
    command
        .args([file, event_loop])
        .env_remove("RUST_BACKTRACE")
        .env_remove("SERVE_AT")
        .env("STOP_WITHIN", "3600")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn serve(command: &mut Command) -> Server {
    let mut child = command.spawn().expect("the server starts");
    let id = child.id();
    let (watched, dropped) = mpsc::channel();
    thread::spawn(move || {
        let waited = dropped.recv_timeout(Duration::from_secs(120));
        if waited == Err(mpsc::RecvTimeoutError::Timeout) {
            signal("-KILL", id);
        }
    });
    let out = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut server = Server {
        child,
        out,
        address: String::new(),
        _watched: watched,
    };
    let line = server.line();
    let address = line.strip_prefix("serving on http://");
    server.address = address.expect("the first line says where").to_owned();
    server
}

fn start() -> Server {
    serve(&mut program(ROUTES, "asyncio"))
}

fn signal(name: &str, child: u32) {
    // After the end of the process, `kill` fails, and the test looks at how it ended.
    let _ = Command::new("kill")
        .args([name, &child.to_string()])
        .status();
}

impl Server {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("UTF-8");
        line.trim_end().to_owned()
    }

    fn write(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("it is piped");
        stdin.write_all(text.as_bytes()).expect("it reads");
    }

    fn press(&self) {
        signal("-INT", self.child.id());
    }

    /// The exit code, what came since the last line, and the errors.
    fn end(mut self) -> (Option<i32>, String, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("UTF-8");
        let ended = self.child.wait_with_output().expect("it ends");
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        (ended.status.code(), rest, error)
    }

    /// Ended by Ctrl-C.
    fn stop(self) -> (Option<i32>, String, String) {
        self.press();
        self.end()
    }

    fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path)
    }

    /// Asks on a thread of its own.
    fn asked(&self, path: &'static str) -> thread::JoinHandle<(u16, String)> {
        let address = self.address.clone();
        thread::spawn(move || get(&address, path))
    }
}

fn stopped() -> (Option<i32>, String, String) {
    (Some(0), "stopping\n".into(), String::new())
}

fn get(address: &str, path: &str) -> (u16, String) {
    let (head, body) = ask(address, &format!("GET {path} HTTP/1.1"), "", b"");
    (status(&head), String::from_utf8(body).expect("UTF-8"))
}

/// A server that never answers fails the test.
fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    let limit = Some(Duration::from_secs(30));
    stream.set_read_timeout(limit).expect("it is not zero");
    stream
}

fn ask(address: &str, line: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
    let mut stream = connect(address);
    let length = body.len();
    let head = format!(
        "{line}\r\nhost: test\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it reads");
    stream.write_all(body).expect("it reads");
    answer(&mut BufReader::new(stream))
}

/// The head and the body of one answer.
fn answer(stream: &mut impl BufRead) -> (String, Vec<u8>) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = stream.read_line(&mut head).expect("UTF-8");
        assert_ne!(read, 0, "the server closes: {head:?}");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    stream.read_exact(&mut body).expect("the whole body");
    (head, body)
}

fn status(head: &str) -> u16 {
    let code = head.split(' ').nth(1).expect("a status");
    code.parse().expect("a number")
}

/// Sends a request on a connection, and does not wait.
fn send(address: &str, path: &str) -> TcpStream {
    let mut stream = connect(address);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\n\r\n").expect("it reads");
    stream
}

#[test]
fn text_bytes_json_and_a_status_become_answers() {
    let server = start();
    for (path, code, kind, body) in [
        (
            "/text",
            200,
            "text/plain; charset=utf-8",
            "grüezi".as_bytes(),
        ),
        ("/bytes", 200, "application/octet-stream", b"\0\xff"),
        ("/json", 200, "application/json", b"{\"answer\": 42}"),
        (
            "/teapot",
            418,
            "text/plain; charset=utf-8",
            b"short and stout",
        ),
    ] {
        let (head, came) = ask(&server.address, &format!("GET {path} HTTP/1.1"), "", b"");
        assert_eq!((status(&head), came.as_slice()), (code, body), "{path}");
        let kind = format!("\r\ncontent-type: {kind}\r\n");
        assert!(head.contains(&kind), "{head}");
    }
    assert_eq!(server.stop(), stopped());
}

#[test]
fn the_coroutine_gets_the_whole_request() {
    let server = start();
    let line = "POST /request/a/b%20c?x=1&y HTTP/1.1";
    let (head, body) = ask(&server.address, line, "X-Colour: gr\u{fc}n\r\n", b"\0body");
    assert_eq!(status(&head), 200);
    // A header is bytes: Python reads each as one character, as of old.
    let expected = "('POST', '/request/a/b%20c', 'x=1&y', {'first': 'a', 'second': 'b c'}, 'gr\u{c3}\u{bc}n', b'\\x00body')";
    assert_eq!(String::from_utf8_lossy(&body), expected);
    assert_eq!(server.stop(), stopped());
}

#[test]
fn what_axum_refuses_starts_no_coroutine() {
    let server = start();
    let code = |line: &str, body: &[u8]| status(&ask(&server.address, line, "", body).0);
    assert_eq!(code("GET /nowhere HTTP/1.1", b""), 404);
    assert_eq!(code("POST /echo/1 HTTP/1.1", b""), 405);
    let large = vec![0; 2 * 1024 * 1024 + 1];
    assert_eq!(code("GET /echo/1 HTTP/1.1", &large), 413);
    assert_eq!(server.get("/counts").1, "0 0 0 0");
    assert_eq!(server.stop(), stopped());
}

#[test]
fn an_exception_is_a_500_and_its_traceback_is_logged() {
    let server = start();
    let answer = server.get("/fail");
    assert_eq!(answer, (500, "Internal Server Error\n".into()));
    assert_eq!(server.get("/text").0, 200);
    let (code, out, error) = server.stop();
    assert_eq!((code, out.as_str()), (Some(0), "stopping\n"));
    let first = "GET /fail\nTraceback (most recent call last):\n";
    assert!(error.starts_with(first), "{error}");
    assert!(error.contains("tests/routes.py\", line"), "{error}");
    assert!(error.ends_with("LookupError: no such price\n"), "{error}");
}

#[test]
fn what_is_no_answer_is_a_500_too() {
    let server = start();
    for what in ["body", "status", "nothing"] {
        assert_eq!(server.get(&format!("/wrong/{what}")).0, 500);
    }
    let error = server.stop().2;
    for message in [
        "TypeError: not a body: 42\n",
        "ValueError: not a status: 99\n",
        "TypeError: not a body: None\n",
    ] {
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_client_that_goes_away_cancels_the_coroutine() {
    let server = start();
    let connection = send(&server.address, "/forever/1");
    assert_eq!(server.get("/started/1"), (200, "yes".into()));
    assert_eq!(server.get("/counts").1, "1 0 0 1");
    drop(connection);
    while server.get("/counts").1 != "1 0 1 0" {}
    assert_eq!(server.stop(), stopped());
}

#[test]
fn ctrl_c_lets_a_running_request_finish() {
    let mut server = start();
    let held = server.asked("/held");
    assert_eq!(server.line(), "held");
    server.press();
    assert_eq!(server.line(), "stopping");
    while TcpStream::connect(&server.address).is_ok() {}
    server.write("released\n");
    let answer = held.join().expect("it is answered");
    assert_eq!(answer, (200, "released\n".into()));
    assert_eq!(server.end(), (Some(0), String::new(), String::new()));
}

/// One of the routes' file prints a line.
#[test]
fn no_function_of_atexit_runs() {
    let server = start();
    assert_eq!(server.get("/text").0, 200);
    assert_eq!(server.stop(), stopped());
}

#[test]
fn sigterm_does_the_same() {
    let server = start();
    signal("-TERM", server.child.id());
    assert_eq!(server.end(), stopped());
}

#[test]
fn what_outlasts_the_wait_is_cancelled_and_answered() {
    let mut server = serve(program("app.py", "asyncio").env("STOP_WITHIN", "3"));
    let slow = server.asked("/slow");
    assert_eq!(server.line(), "slow: started");
    let (code, out, error) = server.stop();
    let answer = slow.join().expect("it is answered");
    assert_eq!(answer, (503, "stopping\n".into()));
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert_eq!(out, "stopping\nslow: cancelled\n");
}

#[test]
fn a_second_ctrl_c_ends_the_wait() {
    let mut server = serve(&mut program("app.py", "asyncio"));
    let slow = server.asked("/slow");
    assert_eq!(server.line(), "slow: started");
    server.press();
    assert_eq!(server.line(), "stopping");
    server.press();
    let answer = slow.join().expect("it is answered");
    assert_eq!(answer, (503, "stopping\n".into()));
    let end = (Some(0), "slow: cancelled\n".into(), String::new());
    assert_eq!(server.end(), end);
}

#[test]
fn tasks_in_the_background_are_cancelled_and_waited_for() {
    let server = start();
    assert_eq!(server.get("/background").1, "started");
    let (code, out, error) = server.stop();
    assert_eq!(out, "stopping\nbackground ended\n");
    assert_eq!((code, error.as_str()), (Some(0), ""));
}

#[test]
fn a_coroutine_that_does_not_let_itself_be_cancelled_is_left() {
    let mut server = serve(program(ROUTES, "asyncio").env("STOP_WITHIN", "1"));
    let _connection = send(&server.address, "/stubborn");
    assert_eq!(server.line(), "stubborn");
    let (code, out, _) = server.stop();
    assert_eq!((code, out.as_str()), (Some(0), "stopping\n"));
}

#[test]
fn a_thread_that_is_still_busy_does_not_hold_up_the_end() {
    let mut server = serve(program(ROUTES, "asyncio").env("STOP_WITHIN", "1"));
    let _connection = send(&server.address, "/busy-thread");
    assert_eq!(server.line(), "busy");
    let (code, out, _) = server.stop();
    assert_eq!((code, out.as_str()), (Some(0), "stopping\n"));
}

#[test]
fn a_loop_that_is_blocked_ends_with_exit_code_1() {
    let mut server = serve(program(ROUTES, "asyncio").env("STOP_WITHIN", "1"));
    let _connection = send(&server.address, "/frozen");
    assert_eq!(server.line(), "frozen");
    let end = server.stop();
    let said = "the event loop is blocked\n";
    assert_eq!(end, (Some(1), "stopping\n".into(), said.into()));
}

#[test]
fn a_coroutine_that_blocks_stops_all_others() {
    let mut server = start();
    let blocks = server.asked("/blocks");
    assert_eq!(server.line(), "waiting");
    // It is answered, but only when the other has stopped waiting for it.
    assert_eq!(server.get("/open").1, "open");
    assert_eq!(blocks.join().expect("an answer").1, "False");
    assert_eq!(server.stop(), stopped());
}

#[test]
fn a_coroutine_that_blocks_a_thread_stops_no_other() {
    let mut server = start();
    let blocks = server.asked("/blocks-a-thread");
    assert_eq!(server.line(), "waiting");
    assert_eq!(server.get("/open").1, "open");
    assert_eq!(blocks.join().expect("an answer").1, "True");
    assert_eq!(server.stop(), stopped());
}

/// The factory of tasks blocks, so the event loop blocks where it starts coroutines.
#[test]
fn a_busy_event_loop_blocks_no_thread_of_axum() {
    let mut server = serve(program(ROUTES, "asyncio").env("TOKIO_WORKER_THREADS", "1"));
    assert_eq!(server.get("/factory").1, "set");
    let blocks = server.asked("/task/blocks");
    assert_eq!(server.line(), "blocks");
    let mut waiting = vec![];
    for _ in 0..20 {
        waiting.push(send(&server.address, "/text"));
        assert_eq!(server.get("/nowhere").0, 404);
    }
    server.write("released\n");
    assert_eq!(blocks.join().expect("an answer"), (200, "made".into()));
    for stream in waiting {
        assert_eq!(status(&answer(&mut BufReader::new(stream)).0), 200);
    }
    assert_eq!(server.stop(), stopped());
}

#[test]
fn a_panic_costs_only_the_request_it_hits() {
    let mut server = serve(program(ROUTES, "asyncio").env("TOKIO_WORKER_THREADS", "1"));
    assert_eq!(server.get("/factory").1, "set");
    // All of these wait in the inbox together.
    let blocks = server.asked("/task/blocks");
    assert_eq!(server.line(), "blocks");
    let together: Vec<_> = ["text", "task/fails", "text", "task/panics", "text"]
        .iter()
        .map(|path| {
            let stream = send(&server.address, &format!("/{path}"));
            assert_eq!(server.get("/nowhere").0, 404);
            stream
        })
        .collect();
    server.write("released\n");
    assert_eq!(blocks.join().expect("an answer").0, 200);
    let codes = together.into_iter().map(|stream| {
        let (head, _) = answer(&mut BufReader::new(stream));
        status(&head)
    });
    assert_eq!(codes.collect::<Vec<_>>(), [200, 500, 200, 500, 200]);
    assert_eq!(server.get("/text").0, 200);
    let (code, out, error) = server.stop();
    assert_eq!((code, out.as_str()), (Some(0), "stopping\n"));
    assert!(
        error.contains("PanicException: of the factory\n"),
        "{error}"
    );
    assert!(error.contains("RuntimeError: no task\n"), "{error}");
}

#[test]
fn a_header_that_comes_twice_reaches_python_twice() {
    let server = start();
    let headers =
        "Cookie: a=1\r\nX-Forwarded-For: 10.0.0.1\r\nCookie: b=2\r\nX-Forwarded-For: 10.0.0.2\r\n";
    let (head, body) = ask(&server.address, "GET /headers HTTP/1.1", headers, b"");
    assert_eq!(status(&head), 200);
    let expected = "[('cookie', 'a=1'), ('cookie', 'b=2'), ('x-forwarded-for', '10.0.0.1'), ('x-forwarded-for', '10.0.0.2')] a=1; b=2 10.0.0.1, 10.0.0.2 None";
    assert_eq!(String::from_utf8_lossy(&body), expected);
    assert_eq!(server.stop(), stopped());
}

#[test]
fn a_route_sets_headers() {
    let server = start();
    let (head, body) = ask(&server.address, "GET /cookies HTTP/1.1", "", b"");
    assert_eq!((status(&head), body.as_slice()), (303, &b"<p>moved"[..]));
    let names = ["location", "set-cookie", "content-type"];
    let lines = head.lines().filter(|line| {
        let name = line.split(": ").next();
        names.contains(&name.unwrap_or_default())
    });
    let expected = [
        "location: /text",
        "set-cookie: a=1",
        "set-cookie: b=2",
        "content-type: text/html",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    assert_eq!(server.stop(), stopped());
}

#[test]
fn a_header_with_a_line_break_is_a_500() {
    let server = start();
    let (head, _) = ask(&server.address, "GET /split HTTP/1.1", "", b"");
    assert_eq!(status(&head), 500, "{head}");
    assert!(!head.contains("stolen"), "{head}");
    let error = server.stop().2;
    assert!(
        error.ends_with("ValueError: failed to parse header value\n"),
        "{error}"
    );
}

#[test]
fn one_request_too_many_is_a_503() {
    let mut server = serve(program(ROUTES, "asyncio").env("AT_ONCE", "1"));
    let held = server.asked("/held");
    assert_eq!(server.line(), "held");
    assert_eq!(server.get("/text").0, 503);
    server.write("released\n");
    assert_eq!(held.join().expect("it is answered").0, 200);
    assert_eq!(server.get("/text").0, 200);
    assert_eq!(server.stop(), stopped());
}

#[test]
fn system_exit_ends_the_program_and_python_is_not_finalized() {
    let server = start();
    assert_eq!(server.get("/factory").1, "set");
    let _connection = send(&server.address, "/task/exits");
    let (code, out, error) = server.end();
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(error.ends_with("SystemExit: leave\n"), "{error}");
}

#[test]
fn an_argument_chooses_the_loop() {
    let virtual_env = std::env::var_os("VIRTUAL_ENV");
    virtual_env.expect("activate a virtual environment with uvloop in it");
    for (event_loop, module) in [("asyncio", "asyncio.unix_events"), ("uvloop", "uvloop")] {
        let server = serve(&mut program(ROUTES, event_loop));
        assert_eq!(server.get("/loop").1, module);
        let connection = send(&server.address, "/forever/1");
        assert_eq!(server.get("/started/1").1, "yes");
        drop(connection);
        while server.get("/counts").1 != "1 0 1 0" {}
        assert_eq!(server.stop(), stopped(), "{event_loop}");
    }
}

#[test]
fn a_file_that_cannot_be_served_is_a_traceback_and_exit_code_1() {
    let folder = std::env::temp_dir().join(format!("axum-python-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("it can be written to");
    for (name, text, message) in [
        ("raises", "1 / 0", "ZeroDivisionError: division by zero\n"),
        (
            "blocking",
            "from serving import route\n@route('GET', '/')\ndef root(request): pass",
            " is no coroutine function\n",
        ),
        (
            "method",
            "from serving import route\n@route('BREW', '/')\nasync def root(request): pass",
            "ValueError: not a method: BREW\n",
        ),
    ] {
        let file = folder.join(name).with_extension("py");
        std::fs::write(&file, text).expect("it can be written");
        let file = file.to_string_lossy();
        let ended = program(&file, "asyncio").output().expect("it ends");
        let error = String::from_utf8_lossy(&ended.stderr);
        assert!(error.ends_with(message), "{error}");
        assert_eq!((ended.status.code(), ended.stdout), (Some(1), vec![]));
    }
    std::fs::remove_dir_all(folder).expect("it is there");
}

#[test]
fn an_address_that_is_taken_is_exit_code_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it has one").to_string();
    let ended = program(ROUTES, "asyncio").env("SERVE_AT", address).output();
    let ended = ended.expect("it ends");
    let error = String::from_utf8_lossy(&ended.stderr);
    assert!(error.contains("OSError: Address already in use"), "{error}");
    assert_eq!((ended.status.code(), ended.stdout), (Some(1), vec![]));
}

/// As many as the variable REQUESTS says, by eight clients at once.
#[test]
fn of_all_requests_none_is_lost() {
    const CLIENTS: usize = 8;
    let requests = std::env::var("REQUESTS").map_or(1_000, |it| it.parse().expect("a number"));
    let server = start();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let address = server.address.clone();
            thread::spawn(move || {
                let mine = (client..requests).step_by(CLIENTS);
                mine.map(|number| one_request(&address, number))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let fates: Vec<Fate> = clients
        .into_iter()
        .flat_map(|client| client.join().expect("every answer is right"))
        .collect();
    assert_eq!(fates.len(), requests);
    let count = |fate| fates.iter().filter(|it| **it == fate).count();

    // The last cancellations may be on their way.
    let counts = loop {
        let text = server.get("/counts").1;
        let counts: Vec<usize> = text
            .split(' ')
            .map(|it| it.parse().expect("a number"))
            .collect();
        if counts[0] == counts[1] + counts[2] && counts[3] == 0 {
            break counts;
        }
    };
    let [started, finished, cancelled, _] = counts[..] else {
        panic!("four numbers: {counts:?}");
    };
    println!("started {started}, finished {finished}, cancelled {cancelled}");
    assert!(finished >= count(Fate::Answered), "{counts:?}");
    assert!(cancelled >= count(Fate::Cancelled), "{counts:?}");
    assert!(started <= requests, "{counts:?}");
    assert_eq!(server.stop(), stopped());
}

#[derive(PartialEq)]
enum Fate {
    Answered,
    Cancelled,
    /// The client went away at once: before the coroutine, during it, or after it.
    Dropped,
}

fn one_request(address: &str, number: usize) -> Fate {
    match number % 10 {
        0..=6 => {
            let answer = get(address, &format!("/echo/{number}"));
            assert_eq!(answer, (200, number.to_string()));
            Fate::Answered
        }
        7 => {
            let connection = send(address, &format!("/forever/{number}"));
            let answer = get(address, &format!("/started/{number}"));
            assert_eq!(answer, (200, "yes".into()));
            drop(connection);
            Fate::Cancelled
        }
        8 => {
            send(address, &format!("/forever/{number}"));
            Fate::Dropped
        }
        _ => {
            send(address, &format!("/echo/{number}"));
            Fate::Dropped
        }
    }
}
