//! `ci/rustc`, which `ci/just` has cargo call in the place of rustc.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const LIBRARY: [&str; 2] = ["--crate-type", "lib"];

/// Which of the two is called, sccache or rustc itself, and with which variables.
fn called(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    for name in ["sccache", "rustc"] {
        let program = folder.join(name);
        fs::write(&program, format!("#!/usr/bin/env bash\necho {name}\nenv\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its owner may");
    }
    let mut wrapper = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rustc"));
    wrapper.env("GUIDE_SCCACHE", folder.join("sccache")).env("SCCACHE_DIR", folder.join("cache"));
    wrapper.arg(folder.join("rustc")).args(arguments).envs(variables.iter().copied());
    let output = wrapper.output().expect("bash is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_cache_learns_what_a_package_is_and_not_how_cargo_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let variables =
        [("CARGO_BIN_EXE_first-app", "here"), ("CARGO_TARGET_DIR", "there"), ("CARGO_PROFILE_DEV_DEBUG", "0")];
    let text = called(folder.path(), &LIBRARY, &variables);
    assert!(text.starts_with("sccache\n") && text.contains("CARGO_BIN_EXE_first-app=here\n"), "{text}");
    assert!(text.contains("CARGO_PKG_NAME=guide-ci\n"), "{text}");
    assert!(!text.contains("CARGO_TARGET_DIR") && !text.contains("CARGO_PROFILE_"), "{text}");
}

#[test]
fn what_is_of_one_crate_alone_does_without_the_cache() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["--crate-type", "bin"] as &[&str], &["--crate-type", "cdylib"], &["--test"], &["-vV"]] {
        let text = called(folder.path(), arguments, &[]);
        assert!(text.starts_with("rustc\n"), "{arguments:?}: {text}");
    }
}

#[test]
fn what_two_build_scripts_wrote_alike_is_read_from_one_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let read_from = |target: &str, written: &str| {
        let out = folder.path().join(target);
        fs::create_dir_all(&out).expect("made");
        fs::write(out.join("host.rs"), written).expect("written");
        let variables = [("CARGO_PKG_NAME", "target-lexicon"), ("OUT_DIR", out.to_str().expect("text"))];
        let text = called(folder.path(), &LIBRARY, &variables);
        let read = text.lines().find_map(|line| line.strip_prefix("OUT_DIR=")).expect("it is set").to_owned();
        assert_eq!(fs::read_to_string(Path::new(&read).join("host.rs")).expect("it is there"), written);
        let time = |file: &Path| file.metadata().and_then(|about| about.modified()).expect("a time");
        assert!(time(&Path::new(&read).join("host.rs")) <= time(&out.join("host.rs")));
        read
    };
    let first = read_from("one", "same");
    assert!(first.starts_with(folder.path().join("cache").to_str().expect("text")), "{first}");
    assert_eq!(read_from("two", "same"), first);
    assert_ne!(read_from("one", "other"), first);
    let nothing = called(folder.path(), &LIBRARY, &[("CARGO_PKG_NAME", "serde"), ("OUT_DIR", "/nowhere")]);
    assert!(nothing.contains("OUT_DIR=/nowhere\n"), "{nothing}");
}
