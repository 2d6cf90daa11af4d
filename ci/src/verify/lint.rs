//! `lint`: format and lints of every workspace.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repo::bridge::Bridge;
use crate::repo::example::DRIVERS;
use crate::run::environment::{NO_DEBUG_INFO, TARGET};
use crate::run::project::Project;

const FORMAT: [&str; 3] = ["fmt", "--all", "--check"];
// A guard that a `for` or a `match` makes is held until its end, while other code runs.
const LINTS: [&str; 8] = [
    "clippy",
    "--quiet",
    "--locked",
    "--workspace",
    "--all-targets",
    "--",
    "-Dwarnings",
    "-Dclippy::significant_drop_in_scrutinee",
];

/// Format and lints of every workspace; the lints need a Python that its crates build for.
pub fn lint(project: &Project) -> Result<()> {
    project.print_left_out();
    let (root, minor) = (&project.repo.root, project.release.minor);
    let target = std::env::var_os(TARGET).map_or_else(|| root.join("target"), PathBuf::from);
    let of_bridges = Bridge::ALL.into_iter().map(|bridge| (bridge.workspace(root), bridge.runs_on(minor)));
    let own = project.repo.crates.iter().filter(|example| example.is_workspace);
    let own = own.map(|example| (example.folder.clone(), example.fits(minor)));
    for (folder, fits) in of_bridges.chain(own) {
        let lints = fits.then_some(LINTS.as_slice());
        for arguments in std::iter::once(FORMAT.as_slice()).chain(lints) {
            println!("cargo {} in {}", arguments[0], folder.display());
            let mut cargo = Command::new("cargo");
            cargo.args(arguments).current_dir(&folder).env(TARGET, &target);
            // As the examples are built: sccache then has what both need.
            cargo.env(NO_DEBUG_INFO.0, NO_DEBUG_INFO.1);
            let status = cargo.status().context("cannot start cargo")?;
            ensure!(status.success(), "cargo {} failed in {}", arguments.join(" "), folder.display());
        }
    }
    // Cargo does not know the drivers of the blocks: they are no programs by themselves.
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2021", "--check"]);
    for example in &project.repo.crates {
        let files = project.repo.below(&example.dir).map(|(file, _)| file);
        rustfmt.args(files.filter(|file| file.starts_with(DRIVERS)).map(|file| example.folder.join(file)));
    }
    let status = rustfmt.status().context("cannot start rustfmt")?;
    ensure!(status.success(), "a driver in tests/blocks/ is not formatted: `rustfmt --edition 2021` mends it");
    Ok(())
}
