//! What cargo-nextest says of the harness, on a machine that has it.

use std::process::Command;

#[test]
fn nextest_cannot_list_the_tests_where_it_is_installed() {
    let nextest = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.arg("nextest").args(arguments);
        command.output().expect("cargo starts")
    };
    // Nextest sets this variable: it is running this test.
    if std::env::var_os("NEXTEST").is_some() || !nextest(&["--version"]).status.success() {
        return;
    }
    let output = nextest(&["run", "--test", "harness"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains("Found argument '--list' which wasn't expected"),
        "{said}"
    );
}
