//! The smaller recipes: bless, copies alone, format and lints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::captures::{self, Capture};
use crate::downloads;
use crate::project::{self, ExampleCrate, Project};
use crate::report::{Kind, Proof, Report};
use crate::today::Share;
use crate::track::Track;
use crate::workshop::{Bench, Lock};
use crate::{diffs, fails, pythons, side_by_side, transcripts, verify};

/// What `bless` does with output that is not that of the capture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bless {
    /// Writes it into the capture.
    Rewrite,
    /// Keeps the capture, and writes one that counts from this Python on.
    FromThisPython,
}

/// Rewrites the captured output of every transcript (of one topic) with what comes now.
pub fn bless(project: &Project, topic: Option<&str>, how: Bless) -> Result<()> {
    let mut changed = 0;
    pythons::print_left_out(project)?;
    let crates = verify::chosen(project, topic)?;
    for diff in diffs::wanted(&crates)? {
        let old = project::read(&diff.path)?;
        changed += usize::from(rewrite(project, &diff.path, &old, &diff.text)?);
    }
    for example in crates {
        let captured = !example.files_with_extension("console")?.is_empty();
        if !captured && !fails::has_some(&example) {
            continue;
        }
        let bench = Bench::set_up(project, &example, Lock::Seeded)?;
        // What the compiler says is the same on every Python.
        if how == Bless::Rewrite && fails::has_some(&example) {
            for (file, said) in fails::bless(&bench)? {
                let path = example.folder.join(file);
                // A message that is not there yet is written for the first time.
                let old = fs::read_to_string(&path).unwrap_or_default();
                changed += usize::from(rewrite(project, &path, &old, &said)?);
            }
        }
        if example.is_native_module() {
            bench.must("maturin", &["develop"])?;
        }
        for capture in captures::of(&example, bench.minor)? {
            changed += usize::from(bless_capture(project, &bench, &capture, how)?);
        }
    }
    println!(
        "{changed} captures changed on CPython {}",
        project.python_version
    );
    Ok(())
}

/// Whether it wrote a file.
fn bless_capture(project: &Project, bench: &Bench, capture: &Capture, how: Bless) -> Result<bool> {
    let old = project::read(&capture.path)?;
    let new = transcripts::bless(
        &capture.steps,
        &capture.rules,
        &bench.folder,
        &|line, shell| bench.prepare_shell(line, shell),
    )
    .with_context(|| capture.path.display().to_string())?;
    let path = match how {
        Bless::Rewrite => capture.path.clone(),
        Bless::FromThisPython => capture.path_from(bench.minor),
    };
    rewrite(project, &path, &old, &new)
}

/// Writes a file if its text has changed, and says what changed in it; whether anything did.
fn rewrite(project: &Project, path: &Path, old: &str, new: &str) -> Result<bool> {
    let name = path.strip_prefix(&project.root)?.display();
    if new == old {
        println!("same     {name}");
        return Ok(false);
    }
    println!("changed  {name}\n{}", transcripts::difference(old, new));
    project::write_if_changed(path, new.as_bytes())?;
    Ok(true)
}

/// Every crate, its folder alone unzipped in an empty place, without a lock file: it builds and passes.
pub fn test_alone(project: &Project, share: Share) -> Result<()> {
    pythons::print_left_out(project)?;
    let mut crates = project::crates_here(project)?;
    share.retain(&mut crates, |_| true);
    let place = project.copies.join("alone");
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("cannot empty {}", place.display()))?;
    }
    let report = Report::new(crates.len());
    side_by_side::each(
        &crates,
        side_by_side::workers(),
        ExampleCrate::place,
        |example| {
            let proof = Proof {
                kind: Kind::Crates,
                language: String::new(),
                at: example.name(),
            };
            let name = format!("{} alone", example.name());
            report.step(&name, &[proof], "ci/just test-alone", || {
                test_unzipped(project, example, &place.join("unzipped"))
            });
        },
    );
    report.finish()
}

/// Builds and tests what a reader gets: the zip that the site offers.
fn test_unzipped(project: &Project, example: &ExampleCrate, place: &Path) -> Result<()> {
    let zip = downloads::pack(example)?;
    let unzipped = ExampleCrate {
        folder: downloads::unpack(&zip, example, place)?,
        ..example.clone()
    };
    let mut bench = Bench::set_up(project, &unzipped, Lock::None)?;
    bench.make_few_exits();
    if !unzipped.is_native_module() {
        return bench.must("cargo", &["test"]).map(drop);
    }
    bench.must("maturin", &["develop"])?;
    bench
        .must("python", &["-m", "pytest", "-q", "tests"])
        .map(drop)
}

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
    pythons::print_left_out(project)?;
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| project.root.join("target"), PathBuf::from);
    for (folder, fits) in workspaces(project)? {
        let lints = fits.then_some(LINTS.as_slice());
        for arguments in std::iter::once(FORMAT.as_slice()).chain(lints) {
            let status = Command::new("cargo")
                .args(arguments)
                .current_dir(&folder)
                .env("CARGO_TARGET_DIR", &target)
                .status()
                .context("cannot start cargo")?;
            if !status.success() {
                bail!(
                    "cargo {} failed in {}",
                    arguments.join(" "),
                    folder.display()
                );
            }
        }
    }
    Ok(())
}

/// The folders of all workspaces, those of the tracks first, and whether each fits the Python in use.
fn workspaces(project: &Project) -> Result<Vec<(PathBuf, bool)>> {
    let minor = project.minor()?;
    let mut folders: Vec<(PathBuf, bool)> = Track::ALL
        .into_iter()
        .map(|track| (track.workspace(&project.root), track.runs_on(minor)))
        .collect();
    for example in project::crates(&project.root)? {
        if example.is_workspace() {
            folders.push((example.folder.clone(), pythons::fit(&example, minor)?));
        }
    }
    Ok(folders)
}
