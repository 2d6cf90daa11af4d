//! The program, in a process of its own, ends with that error in its second task.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod shown {
    // BLOCK

    pub fn start() -> std::process::ExitCode {
        main()
    }
}

fn main() -> std::process::ExitCode {
    const AGAIN: &str = "GUIDE_AGAIN";
    if std::env::var_os(AGAIN).is_some() {
        return shown::start();
    }
    let output =
        std::process::Command::new(std::env::current_exe().expect("this program has a path"))
            .env(AGAIN, "1")
            .output()
            .expect("this program starts again");
    let error = String::from_utf8_lossy(&output.stderr).replace("\r\n", "\n");
    assert!(
        error.ends_with("\nRuntimeError: no running event loop\n"),
        "{error}"
    );
    let printed = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
    assert_eq!(
        (printed.as_str(), output.status.code()),
        ("Python answers main\n", Some(1))
    );
    std::process::ExitCode::SUCCESS
}
