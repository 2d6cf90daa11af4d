//! What the harness does when a test fails.

use std::process::Command;

#[test]
fn one_error_ends_all_tests_and_names_none() {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--test", "failing"])
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("cargo starts");
    assert_eq!(output.status.code(), Some(101));
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("ValueError('this is why it failed')"),
        "{said}"
    );
    assert!(!said.contains("a_test_that"), "{said}");
}
