//! What the program answers and prints.

use std::process::Command;

#[test]
fn a_coroutine_on_a_thread_of_axum_finds_no_loop() {
    let output = Command::new(env!("CARGO_BIN_EXE_axum-no-loop-tokio"))
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    let answer = "RuntimeError: no running event loop\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), answer);
    let error = String::from_utf8_lossy(&output.stderr);
    let warning = "RuntimeWarning: coroutine 'sleep' was never awaited";
    assert!(error.contains(warning), "{error}");
}
