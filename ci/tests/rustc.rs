//! `ci/rustc`, which `ci/just` has cargo call in the place of rustc.
#![cfg(unix)]

use std::process::Command;

#[test]
fn the_compiler_learns_what_a_package_is_and_not_how_cargo_works() {
    let wrapper = concat!(env!("CARGO_MANIFEST_DIR"), "/rustc");
    // `env` in the place of sccache prints what that would get.
    let mut rustc = Command::new(wrapper);
    rustc.env("GUIDE_SCCACHE", "env").env("CARGO_BIN_EXE_first-app", "here").env("CARGO_TARGET_DIR", "there");
    let output = rustc.env("CARGO_PROFILE_DEV_DEBUG", "0").output().expect("bash is there");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && text.contains("CARGO_BIN_EXE_first-app=here\n"), "{text}");
    assert!(text.contains("CARGO_PKG_NAME=guide-ci\n"), "{text}");
    assert!(!text.contains("CARGO_TARGET_DIR") && !text.contains("CARGO_PROFILE_"), "{text}");
}
