//! A process of its own serves a file with one route, answers, and ends with Ctrl-C.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod shown {
    // BLOCK

    pub fn start() -> ExitCode {
        main()
    }
}

fn main() {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Command, ExitCode, Stdio};

    const AGAIN: &str = "GUIDE_AXUM";
    // Windows has no such signal.
    if cfg!(not(unix)) {
        return;
    }
    if std::env::var_os(AGAIN).is_some() {
        return assert!(shown::start() == ExitCode::SUCCESS);
    }
    let folder = std::env::temp_dir().join(format!("guide-axum-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("it can be written to");
    let app = "from serving import route\n\
               @route('GET', '/hello/{name}')\n\
               async def hello(request): return 'hello, ' + request.params['name']\n";
    std::fs::write(folder.join("app.py"), app).expect("it can be written");
    let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
        .env(AGAIN, "1")
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this program starts again");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    let address = line
        .trim_end()
        .strip_prefix("serving on http://")
        .expect("an address");
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    stream
        .write_all(b"GET /hello/you HTTP/1.0\r\n\r\n")
        .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("UTF-8");
    assert!(answer.ends_with("\r\n\r\nhello, you"), "{answer}");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill starts").success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("UTF-8");
    let ended = child.wait_with_output().expect("it ends");
    let error = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(
        (rest.as_str(), error.as_ref(), ended.status.code()),
        ("stopping\n", "", Some(0))
    );
    std::fs::remove_dir_all(&folder).expect("it is there");
}
