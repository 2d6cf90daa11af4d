//! The program, in a process of its own, is ended by its watchdog.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod shown {
    // BLOCK

    pub fn start() -> PyResult<()> {
        main()
    }
}

fn main() {
    const AGAIN: &str = "GUIDE_UNDRIVEN";
    if std::env::var_os(AGAIN).is_some() {
        panic!("the program ended: {:?}", shown::start());
    }
    let output =
        std::process::Command::new(std::env::current_exe().expect("this program has a path"))
            .env(AGAIN, "1")
            .output()
            .expect("this program starts again");
    let error = String::from_utf8_lossy(&output.stderr).replace("\r\n", "\n");
    assert_eq!(error, "Error: nothing has run for 3 seconds\n");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}
