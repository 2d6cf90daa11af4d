//! The Rust blocks of the chapter that build, run as programs.

use std::process::Command;

fn succeeds(program: &str) {
    let output = Command::new(program).output().expect("the program starts");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn blocks_17_and_18_do_nothing() {
    succeeds(env!("CARGO_BIN_EXE_block_17"));
    succeeds(env!("CARGO_BIN_EXE_block_18"));
}
