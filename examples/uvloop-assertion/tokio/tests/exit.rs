//! The program ends with the error of the reversed question.
#![cfg(unix)]

use std::process::Command;

#[test]
fn the_program_ends_with_a_type_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_uvloop-assertion-tokio"))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let start = "Error: PyErr { type: <class 'TypeError'>, \
                 value: TypeError('isinstance() arg 2 must be a type";
    assert!(error.starts_with(start), "{error}");
}
