//! `guide lint` on a workspace of one program: cargo and rustfmt are real.

use std::path::Path;
use std::process::Command;

use guide_ci::repo::files;

const FILES: [(&str, &str); 9] = [
    ("book.toml", ""),
    ("book/exempt.toml", ""),
    ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"examples/first/tokio\"]\n"),
    ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"first\"\nversion = \"0.1.0\"\n"),
    ("examples/first/tokio/Cargo.toml", "[package]\nname = \"first\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
    ("examples/first/tokio/src/main.rs", "fn main() {}\n"),
    ("examples/first/tokio/tests/blocks/first.rs", "fn a() {}\n"),
    ("examples/pyo3-asyncio/Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"older/tokio\"]\n"),
    ("examples/pyo3-asyncio/Cargo.lock", "version = 4\n\n[[package]]\nname = \"older\"\nversion = \"0.1.0\"\n"),
];

const OLDER: [(&str, &str); 2] = [
    (
        "examples/pyo3-asyncio/older/tokio/Cargo.toml",
        "[package]\nname = \"older\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    ),
    ("examples/pyo3-asyncio/older/tokio/src/main.rs", "fn main() {}\n"),
];

/// What `guide lint` says at the end where one file has this text, or nothing if it succeeds.
fn complaint(root: &Path, file: &str, text: &str) -> Option<String> {
    for (file, text) in FILES.iter().chain(&OLDER).chain([&(file, text)]) {
        files::write_if_changed(&root.join(file), text.as_bytes()).expect("a file");
    }
    let python = std::env::var_os("PYO3_PYTHON").unwrap_or("python3".into());
    let output = Command::new(env!("CARGO_BIN_EXE_guide"))
        .arg("lint")
        .current_dir(root)
        .env("PYO3_PYTHON", python)
        .env("CARGO_TARGET_DIR", root.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().last().unwrap_or_default().to_owned();
    (!output.status.success()).then_some(last)
}

#[test]
fn format_and_lints_of_each_workspace_and_the_format_of_drivers_are_checked() {
    let place = tempfile::tempdir().expect("a folder");
    let root = place.path().canonicalize().expect("it has a path");
    assert_eq!(complaint(&root, "book.toml", ""), None);

    let main = "examples/first/tokio/src/main.rs";
    let said = complaint(&root, main, "fn main(){}\n").expect("it is not formatted");
    assert_eq!(said, format!("cargo fmt --all --check failed in {}", root.display()));

    let said = complaint(&root, main, "fn main() {\n    return;\n}\n").expect("clippy has something to say");
    assert!(said.starts_with("cargo clippy --quiet --locked --workspace --all-targets -- -Dwarnings"), "{said}");

    let older = "examples/pyo3-asyncio/older/tokio/src/main.rs";
    let said = complaint(&root, older, "fn main(){}\n").expect("it is not formatted");
    assert!(said.ends_with(&format!("failed in {}", root.join("examples/pyo3-asyncio").display())), "{said}");

    let driver = "examples/first/tokio/tests/blocks/first.rs";
    let said = complaint(&root, driver, "fn a(){}\n").expect("it is not formatted");
    assert_eq!(said, "a driver in tests/blocks/ is not formatted: `rustfmt --edition 2021` mends it");
}
