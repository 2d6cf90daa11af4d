//! The program awaits Python for a second, on the very Python it was built for.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// Runs `command` without help from the environment in finding libpython.
fn run(command: &mut Command) -> Output {
    command
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("DYLD_LIBRARY_PATH")
        .output()
        .expect("the program starts")
}

/// The Python that pyo3 builds for: the one named, that of the virtual environment, or `python3`.
fn python() -> String {
    match (option_env!("PYO3_PYTHON"), option_env!("VIRTUAL_ENV")) {
        (Some(python), _) => python.to_owned(),
        (None, Some(folder)) if cfg!(windows) => format!("{folder}\\Scripts\\python.exe"),
        (None, Some(folder)) => format!("{folder}/bin/python"),
        (None, None) => "python3".to_owned(),
    }
}

fn built_for(code: &str) -> String {
    let output = run(Command::new(python()).args(["-c", code]));
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}

#[test]
fn the_program_waits_a_second_for_asyncio_and_prints_its_answer() {
    let start = Instant::now();
    let output = run(&mut Command::new(env!("CARGO_BIN_EXE_rust-app-tokio")));
    assert!(output.status.success(), "{output:?}");
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim_end(),
        "Python slept for a second"
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_linked_python_is_the_python_it_was_built_for() {
    Python::initialize();
    let running: String = Python::attach(|py| py.import("sys")?.getattr("version")?.extract())
        .expect("sys.version is a string");
    assert_eq!(
        running.replace('\n', " "),
        built_for("import sys; print(sys.version.replace('\\n', ' '))")
    );
}

/// What the loader takes for libpython, without running the program.
#[cfg(target_os = "linux")]
#[test]
fn the_loader_finds_libpython_where_that_python_keeps_it() {
    let program = env!("CARGO_BIN_EXE_rust-app-tokio");
    let loaded = run(Command::new(program).env("LD_TRACE_LOADED_OBJECTS", "1"));
    let loaded = String::from_utf8(loaded.stdout).expect("UTF-8");
    let line = loaded.lines().find(|line| line.contains("libpython"));
    let found = line
        .and_then(|line| line.split_whitespace().nth(2))
        .expect("libpython is linked");
    let wanted = built_for(
        "import os, sysconfig as s; \
         print(os.path.join(s.get_config_var('LIBDIR'), s.get_config_var('INSTSONAME')))",
    );
    let real = |path: &str| std::fs::canonicalize(path).expect("the library exists");
    assert_eq!(real(found), real(&wanted));
}
