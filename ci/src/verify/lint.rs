//! `lint`: format and lints of every workspace.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repo::{Bridge, bridge::in_example, example::DRIVERS};
use crate::run::Project;
use crate::run::environment::{NO_DEBUG_INFO, TARGET};

const FORMAT: (&str, &str) = ("fmt", "--all --check");
// A guard that a `for` or a `match` makes is held until its end, while other code runs.
const LINTS: (&str, &str) =
    ("clippy", "--quiet --locked --workspace --all-targets -- -Dwarnings -Dclippy::significant_drop_in_scrutinee");

/// Format and lints of every workspace; the lints need a Python that its crates build for.
pub fn lint(project: &Project) -> Result<()> {
    project.print_left_out();
    let (root, minor) = (&project.repo.root, project.release.minor);
    let target = std::env::var_os(TARGET).map_or_else(|| root.join("target"), PathBuf::from);
    let of_bridges = Bridge::ALL.into_iter().map(|bridge| (bridge.workspace(root), bridge.runs_on(minor)));
    let own = project.repo.crates.iter().filter(|example| example.is_workspace);
    let own = own.map(|example| (example.folder.clone(), example.fits(minor)));
    for (folder, fits) in of_bridges.chain(own) {
        for (tool, flags) in std::iter::once(FORMAT).chain(fits.then_some(LINTS)) {
            println!("cargo {tool} in {}", folder.display());
            let mut cargo = Command::new("cargo");
            cargo.arg(tool).args(flags.split(' ')).current_dir(&folder).env(TARGET, &target);
            // As the examples are built: sccache then has what both need.
            cargo.env(NO_DEBUG_INFO.0, NO_DEBUG_INFO.1);
            let status = cargo.status().context("cannot start cargo")?;
            ensure!(status.success(), "cargo {tool} {flags} failed in {}", folder.display());
        }
    }
    // Cargo does not know the drivers of the blocks: they are no programs by themselves.
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2021", "--check"]);
    let is_driver = |file: &&String| in_example(file).is_some_and(|file| file.inside.starts_with(DRIVERS));
    rustfmt.args(project.repo.files.keys().filter(is_driver).map(|file| root.join(file)));
    let status = rustfmt.status().context("cannot start rustfmt")?;
    ensure!(status.success(), "a driver in tests/blocks/ is not formatted: `rustfmt --edition 2021` mends it");
    Ok(())
}
