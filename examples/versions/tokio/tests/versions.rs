//! The program runs the Python it was built for, and two versions of pyo3 cannot be in one program.

use std::process::{Command, Output};

fn run(command: &mut Command) -> Output {
    command.output().expect("the command starts")
}

#[test]
fn the_program_runs_the_python_it_was_built_for() {
    let output = run(&mut Command::new(env!("CARGO_BIN_EXE_versions-tokio")));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "runs the Python it was built for: true",
            "is CPython: true",
            "the bridge awaits it: True"
        ],
        "{output:?}"
    );
}

#[test]
fn cargo_refuses_a_pyo3_of_another_minor_version_than_the_bridge() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/mixed");
    let output = run(Command::new("cargo").arg("metadata").current_dir(folder));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{output:?}");
    assert!(
        error.contains("Only one package in the dependency graph may specify the same links value"),
        "{error}"
    );
}
