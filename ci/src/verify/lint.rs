//! `lint`: format and lints of every workspace.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::repo::bridge::Bridge;
use crate::repo::example::DRIVERS;
use crate::run::project::Project;

/// Format and lints of every workspace; the lints need a Python that its crates build for.
pub fn lint(project: &Project) -> Result<()> {
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
    project.print_left_out();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.repo.root.join("target"), PathBuf::from);
    for (folder, fits) in workspaces(project) {
        let lints = fits.then_some(LINTS.as_slice());
        for arguments in std::iter::once(FORMAT.as_slice()).chain(lints) {
            println!("cargo {} in {}", arguments[0], folder.display());
            let status = Command::new("cargo")
                .args(arguments)
                .current_dir(&folder)
                .env("CARGO_TARGET_DIR", &target)
                .status()
                .context("cannot start cargo")?;
            if !status.success() {
                bail!("cargo {} failed in {}", arguments.join(" "), folder.display());
            }
        }
    }
    drivers_are_formatted(project)
}

/// Cargo does not know the drivers of the blocks: they are no programs by themselves.
fn drivers_are_formatted(project: &Project) -> Result<()> {
    let files = project.repo.crates.iter().flat_map(|example| {
        let drivers = project.repo.below(&example.dir).map(|(file, _)| file);
        let drivers = drivers.filter(|file| file.starts_with(DRIVERS));
        drivers.map(|file| example.folder.join(file)).collect::<Vec<_>>()
    });
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2021", "--check"]).args(files);
    let status = rustfmt.status().context("cannot start rustfmt")?;
    ensure!(status.success(), "a driver in tests/blocks/ is not formatted: `rustfmt --edition 2021` mends it");
    Ok(())
}

/// The folders of all workspaces, those of the bridges first, and whether each fits the Python in use.
fn workspaces(project: &Project) -> Vec<(PathBuf, bool)> {
    let root = &project.repo.root;
    let of_bridges =
        Bridge::ALL.into_iter().map(|bridge| (bridge.workspace(root), bridge.runs_on(project.release.minor)));
    let own = project.repo.crates.iter().filter(|example| example.is_workspace);
    let own = own.map(|example| (example.folder.clone(), example.fits(project.release.minor)));
    of_bridges.chain(own).collect()
}
