//! Long runs that write results, and projects as readers have them.

pub mod bench;
pub mod bench_guide;
pub mod copies;
pub mod copy_out;
pub mod matrix;
pub mod mixed;
pub mod stress;
pub mod uvloop;

use anyhow::Result;

use crate::repo::{ExampleCrate, Share};
use crate::results::whole_runs::WholeRuns;
use crate::run::{Project, Sandbox, queue};
use crate::verify::{Report, Step};

/// A step for each of the crates whose turn it is, side by side. A whole run that passed is written down.
fn each_crate(
    project: &Project,
    recipe: &str,
    mut crates: Vec<&ExampleCrate>,
    share: Share,
    step: impl Fn(&ExampleCrate) -> Step + Sync,
    work: impl Fn(&ExampleCrate) -> Result<()> + Sync,
) -> Result<()> {
    share.retain(&mut crates, |_| true);
    let report = Report::new(crates.len());
    let run = |example: &&ExampleCrate| {
        report.step(&step(example), || work(example));
    };
    queue::each(&crates, queue::workers(), |example| example.exclusive_key(), run);
    report.finish()?;
    WholeRuns::record(&project.repo.root, recipe, share, crates.len(), &project.python_version)
}

/// As a reader builds and tests a crate, with what Cargo and pytest get besides.
fn build_and_test(sandbox: &Sandbox, cargo: &[&str], pytest: &[&str]) -> Result<()> {
    if !sandbox.example.is_native_module {
        return sandbox.must("cargo", &[&["test"], cargo].concat()).map(drop);
    }
    sandbox.must("maturin", &[&["develop"], cargo].concat())?;
    sandbox.must("python", &[&["-m", "pytest", "-q"], pytest].concat()).map(drop)
}

#[cfg(test)]
pub mod tests {
    use std::path::{Path, PathBuf};

    use crate::repo::pythons::Release;
    use crate::repo::{Repo, files};
    use crate::run::project::Project;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"pyo3\"\nversion = \"0.30.1\"\n";

    pub fn add(root: &Path, file: &str, text: &str) {
        files::write_if_changed(&root.join(file), text.as_bytes()).expect("a file");
    }

    /// A small repository on the disk, in a folder that ends with the first of both, and with the Python in use.
    pub fn project(more: &[(&str, &str)]) -> (tempfile::TempDir, Project) {
        let place = tempfile::tempdir().expect("a folder");
        let root = place.path().join("clone");
        for (file, text) in [
            ("book/exempt.toml", ""),
            ("ci/crates.toml", "[instruments]\n\"gauge/tokio\" = \"it measures\"\n[projects]\n"),
            ("Cargo.lock", LOCK),
            ("examples/gauge/tokio/Cargo.toml", "[package]\nname = \"gauge-tokio\"\n"),
            (
                "examples/rust-app/tokio/Cargo.toml",
                "[package]\nname = \"rust-app-tokio\"\nedition = \"2024\"\n\n[workspace]\n",
            ),
            ("examples/rust-app/tokio/src/main.rs", "// ANCHOR: main\nfn main() {}\n// ANCHOR_END: main\n"),
            ("examples/rust-app/tokio/tests/app.rs", "env!(\"CARGO_BIN_EXE_rust-app-tokio\");\n"),
            ("examples/rust-app/tokio/tests/blocks/rust-app.rs", "// BLOCK\n"),
            ("examples/pyo3-asyncio/Cargo.lock", &LOCK.replace("pyo3", "pyo3-asyncio")),
            ("examples/pyo3-asyncio/older/tokio/Cargo.toml", "[package]\nname = \"older\"\n"),
        ]
        .iter()
        .chain(more)
        {
            add(&root, file, text);
        }
        let python = std::env::var_os("PYO3_PYTHON").map_or("python3".into(), PathBuf::from);
        let project = Project {
            repo: Repo::load(&root).expect("a tree"),
            python,
            python_version: "3.11.7".to_owned(),
            release: Release { minor: 11, is_free_threaded: false },
            older: None,
            builds: place.path().join("builds"),
            venvs: place.path().join("builds/venvs"),
            copies: place.path().join("copies"),
        };
        (place, project)
    }
}
