//! Python's event loop keeps the main thread; Rust futures run on the runtime's threads.

use std::process::Command;

/// The steps that the program printed, each with its thread.
fn steps() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_pyo3-asyncio-two-loops-async-std"))
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let columns = |line: &str| {
        line.split_once("  ")
            .map(|(step, thread)| (step.into(), thread.trim().into()))
    };
    text.lines().filter_map(columns).collect()
}

#[test]
fn coroutines_run_on_the_main_thread_and_rust_futures_on_the_runtimes() {
    let threads: Vec<String> = steps().into_iter().map(|(_, thread)| thread).collect();
    assert_eq!(
        threads,
        [
            "main",
            "async-std/runtime",
            "main",
            "main",
            "async-std/runtime"
        ]
    );
}

#[test]
fn the_two_halves_take_turns() {
    let order: Vec<String> = steps().into_iter().map(|(step, _)| step).collect();
    assert_eq!(
        order,
        [
            "main()",
            "Rust future, first part",
            "coroutine, on MainThread",
            "coroutine, after its await",
            "Rust future, after its await",
        ]
    );
}
