//! The same tests by cargo-nextest, on a machine that has it.

use std::process::Command;

#[test]
fn nextest_passes_where_it_is_installed() {
    let nextest = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.arg("nextest").args(arguments);
        command.output().expect("cargo starts")
    };
    // Nextest sets this variable: it is running this test.
    if std::env::var_os("NEXTEST").is_some() || !nextest(&["--version"]).status.success() {
        return;
    }
    let output = nextest(&["run", "--lib", "--test", "bridge"]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("8 tests run: 8 passed"));
}
