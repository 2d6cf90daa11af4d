//! `test-alone`: each crate as a reader gets it, its zip unpacked in an empty place.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::repo::archive;
use crate::repo::example::ExampleCrate;
use crate::repo::today::Share;
use crate::results::verdict::Proof;
use crate::results::whole_runs::WholeRuns;
use crate::run::project::Project;
use crate::run::queue;
use crate::run::sandbox::{LockFile, Sandbox};
use crate::verify::report::Report;
use crate::verify::step::Step;

/// Every crate, its folder alone unzipped in an empty place, without a lock file: it builds and passes.
pub fn test_alone(project: &Project, share: Share) -> Result<()> {
    project.print_left_out();
    let mut crates = project.crates(None)?;
    share.retain(&mut crates, |_| true);
    let place = project.copies.join("alone");
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("cannot empty {}", place.display()))?;
    }
    let report = Report::new(crates.len());
    queue::each(
        &crates,
        queue::workers(),
        // Of the crate in the repository: the versions of a topic, which are workspaces there, wait for each other.
        |example| example.exclusive_key(),
        |example| {
            let name = format!("{} alone", example.name());
            let mut step = Step::of(name, "ci/just test-alone");
            step.proofs.push(Proof::of_crate(&example.name()));
            report.step(&step, || test_unzipped(project, example, &place.join("unzipped")));
        },
    );
    report.finish()?;
    WholeRuns::record(&project.repo.root, "test-alone", share, crates.len(), &project.python_version)
}

/// Builds and tests what a reader gets: the zip that the site offers.
fn test_unzipped(project: &Project, example: &ExampleCrate, place: &Path) -> Result<()> {
    let zip = archive::pack(&project.repo, example)?;
    let unzipped =
        ExampleCrate { folder: archive::unpack(&zip, example, place)?, is_workspace: false, ..example.clone() };
    let mut sandbox = Sandbox::set_up(project, &unzipped, LockFile::None)?;
    sandbox.make_few_exits();
    if !unzipped.is_native_module {
        return sandbox.must("cargo", &["test"]).map(drop);
    }
    sandbox.must("maturin", &["develop"])?;
    sandbox.must("python", &["-m", "pytest", "-q", "tests"]).map(drop)
}
