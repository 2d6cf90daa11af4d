//! The manifests of the chapter: each, in a package, resolves.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The dependencies that cargo finds for a package with this block in its manifest.
fn tree(block: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join(block);
    fs::create_dir_all(package.join("src")).expect("a folder");
    fs::write(package.join("src/lib.rs"), "").expect("a library");
    // The versions that are here already: nothing is downloaded.
    fs::copy(here.join("Cargo.lock"), package.join("Cargo.lock")).expect("a lock file");
    let lines = fs::read_to_string(here.join(format!("blocks/{block}.toml"))).expect("a block");
    let about = "[package]\nname = \"chapter\"\nedition = \"2021\"\n\n[workspace]\n\n";
    fs::write(package.join("Cargo.toml"), format!("{about}{lines}")).expect("a manifest");
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--depth", "1"])
        .current_dir(&package)
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{block}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_manifest_blocks_resolve_to_pyo3_0_14() {
    for block in [
        "block_01", "block_03", "block_06", "block_07", "block_26", "block_29",
    ] {
        let tree = tree(block);
        let found = |name: &str| tree.contains(&format!("{name} v0.14."));
        assert!(found("pyo3") && found("pyo3-asyncio"), "{block}: {tree}");
    }
}

#[test]
fn block_5_names_a_library_and_no_dependency() {
    let tree = tree("block_05");
    assert_eq!(tree.lines().count(), 1, "{tree}");
}
