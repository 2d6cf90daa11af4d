//! `test-matrix`: `test-examples` on every CPython that this machine has, and a table of the results.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::repo::bridge::{Bridge, in_example};
use crate::repo::{Repo, files, pythons};
use crate::results::matrix::{MATRIX, Matrix, Passed};
use crate::results::record::Record;
use crate::results::verdict::{self, Kind};
use crate::verify::captures;

/// The versions the guide is for, by their minor number.
const MINORS: std::ops::RangeInclusive<u32> = 9..=15;

/// How to start one Python: an interpreter here, or a command that runs its arguments elsewhere.
enum Python {
    Here(PathBuf),
    Through(String),
}

/// How the examples did on one Python: its full version, the counts, the seconds.
struct Row {
    record: Option<Passed>,
    version: String,
    counts: String,
    passed: bool,
    seconds: f64,
}

/// Which Pythons, and what of the guide.
#[derive(Args)]
pub struct Wanted {
    /// `3.N` for one that is here, `VERSION=COMMAND` for one in a container or a chroot; all that are here without it.
    pythons: Vec<String>,
    /// One topic or crate alone, and nothing is recorded.
    #[arg(long)]
    topic: Option<String>,
    /// Of that topic or crate, steps with this in their name.
    #[arg(long, value_name = "STEP", requires = "topic")]
    only: Option<String>,
    /// Make captures instead: the oldest Python writes `NAME.console`, and each one that prints something else a
    /// capture that counts from it on.
    #[arg(long, conflicts_with = "topic")]
    bless: bool,
}

/// Tests on every Python found, or on those that are named.
pub fn test_matrix(root: &Path, wanted: &Wanted) -> Result<()> {
    let mut pythons = found_here();
    let mut named = BTreeSet::new();
    for other in &wanted.pythons {
        if let Some((version, command)) = other.split_once('=') {
            pythons.insert(minor(version)?, Python::Through(command.to_owned()));
        } else if pythons.contains_key(&minor(other)?) {
            named.insert(minor(other)?);
        } else {
            bail!("{other}: not found here; for one elsewhere write {other}='podman exec py'");
        }
    }
    let elsewhere = |python: &Python| matches!(python, Python::Through(_));
    pythons.retain(|minor, python| named.is_empty() || named.contains(minor) || elsewhere(python));
    if pythons.is_empty() {
        bail!("no CPython 3.9 to 3.15 found: install some, as python3.N on PATH or with pyenv");
    }
    if wanted.bless {
        return bless_all(root, &pythons);
    }
    let mut rows = Vec::new();
    for (minor, python) in &pythons {
        println!("== CPython 3.{minor}");
        rows.push(test_on(root, *minor, python, wanted)?);
    }
    print_table(&rows);
    if wanted.topic.is_none() {
        record(root, &rows)?;
    }
    passed_everywhere(&rows)
}

fn minor(version: &str) -> Result<u32> {
    let minor = version.strip_prefix("3.").and_then(|minor| minor.parse().ok());
    minor.filter(|minor| MINORS.contains(minor)).with_context(|| format!("{version}: not a version from 3.9 to 3.15"))
}

/// The newest 3.N that pyenv has, else `python3.N` on PATH.
fn found_here() -> BTreeMap<u32, Python> {
    MINORS.filter_map(|minor| Some((minor, Python::Here(pyenv(minor).or_else(|| on_path(minor))?)))).collect()
}

fn on_path(minor: u32) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(format!("python3.{minor}"))).find(|python| works(python))
}

fn pyenv(minor: u32) -> Option<PathBuf> {
    let home = std::env::var_os("PYENV_ROOT").map(PathBuf::from)?;
    let mut versions: Vec<PathBuf> = std::fs::read_dir(home.join("versions"))
        .ok()?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    versions.sort_by_key(|path| patch(path));
    let is = |path: &&PathBuf| {
        path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(&format!("3.{minor}.")))
    };
    versions.iter().rev().filter(is).map(|path| path.join("bin/python3")).find(|python| works(python))
}

/// The third number of `versions/3.9.18`.
fn patch(version: &Path) -> u32 {
    let number = version.extension().and_then(OsStr::to_str);
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn works(python: &Path) -> bool {
    python.is_file() && Command::new(python).args(["-c", ""]).status().is_ok_and(|status| status.success())
}

/// Makes the captures anew, oldest Python first.
fn bless_all(root: &Path, pythons: &BTreeMap<u32, Python>) -> Result<()> {
    remove_captures_from(root, pythons.keys().copied().collect())?;
    for (index, (minor, python)) in pythons.iter().enumerate() {
        println!("== CPython 3.{minor}");
        let entry = match index {
            0 => "ci/just bless",
            _ => "ci/just bless --from-this-python",
        };
        let status = command_on(root, *minor, python, entry).status();
        ensure!(status.context("cannot start a shell")?.success(), "3.{minor}: the captures could not be made");
    }
    Ok(())
}

/// A capture that counts from one of these Pythons on will be made again, if it is still needed.
fn remove_captures_from(root: &Path, minors: BTreeSet<u32>) -> Result<()> {
    for example in Repo::load(root)?.crates {
        for path in captures::beside(&example.folder)? {
            if minors.contains(&captures::parts(&path)?.1) {
                std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
    }
    Ok(())
}

/// A command line that starts in the root with this Python.
fn command_on(root: &Path, minor: u32, python: &Python, entry: &str) -> Command {
    let (mut command, venv) = (Command::new("sh"), format!("target/venv-3.{minor}"));
    match python {
        Python::Here(path) => command.args(["-c", entry]).env("PYTHON", path),
        Python::Through(through) => command.args(["-c", &format!("{through} {entry}")]).env("PYTHON", "python3"),
    };
    command.current_dir(root).env("GUIDE_VENV", &venv).env_remove("VIRTUAL_ENV").env_remove("PYO3_PYTHON");
    command
}

fn test_on(root: &Path, minor: u32, python: &Python, wanted: &Wanted) -> Result<Row> {
    let start = Instant::now();
    let topic = wanted.topic.as_deref();
    let only = wanted.only.as_ref().map_or(String::new(), |step| format!("--only {step}"));
    let entry = format!("ci/just test-examples {} {only}", topic.unwrap_or_default());
    let status = command_on(root, minor, python, &entry).status();
    let passed = status.context("cannot start a shell")?.success();
    // One topic writes no record, and what was there before is that of another run, or of other sources.
    let last = if topic.is_none() { Record::of_these_sources(&Repo::load(root)?) } else { None };
    let of_this =
        |record: &Record| pythons::minor_of(&record.python).ok() == Some(minor) && passed == (record.failed() == 0);
    let last = last.filter(of_this);
    let counts = last
        .as_ref()
        .map_or(String::new(), |record| format!("{} steps, {} failed", record.steps.len(), record.failed()));
    Ok(Row {
        version: last.as_ref().map_or(format!("3.{minor}"), |record| record.python.clone()),
        record: last.filter(|_| passed).map(recorded),
        passed,
        counts,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn print_table(rows: &[Row]) {
    println!("\n{:<10} {:<28} {:>8}", "CPython", "result", "seconds");
    for row in rows {
        let verdict = if row.passed { "passed" } else { "FAILED" };
        println!("{:<10} {verdict} {:<28} {:>8.0}", row.version, row.counts, row.seconds);
    }
}

/// What a whole run says, for the pages.
fn recorded(record: Record) -> Passed {
    let mut crates = BTreeMap::new();
    for proof in verdict::proofs(&record.steps).into_keys() {
        if proof.kind == Kind::Crates {
            let manifest = format!("examples/{}/Cargo.toml", proof.file);
            let bridge = in_example(&manifest).map_or(Bridge::Current, |found| found.bridge);
            *crates.entry(bridge.examples().to_owned()).or_insert(0) += 1;
        }
    }
    Passed {
        date: record.since().to_owned(),
        version: record.python,
        sources: record.sources,
        steps: record.steps.len(),
        crates,
    }
}

/// Writes what passed, for the pages, in the place of what passed before on the same Python. What failed is gone.
fn record(root: &Path, rows: &[Row]) -> Result<()> {
    let mut python: BTreeMap<u32, Passed> = BTreeMap::new();
    let old: Matrix = toml::from_str(&files::read(&root.join(MATRIX))?).context(MATRIX)?;
    for one in old.python {
        python.insert(pythons::minor_of(&one.version)?, one);
    }
    for row in rows {
        python.remove(&pythons::minor_of(&row.version)?);
        if let Some(passed) = row.record.clone().filter(|_| row.passed) {
            python.insert(pythons::minor_of(&row.version)?, passed);
        }
    }
    let matrix = Matrix { python: python.into_values().collect() };
    let text = format!(
        "# What has passed on each Python. `just test-matrix` writes it.\n{}",
        toml::to_string(&matrix).context("the matrix is not TOML")?
    );
    files::write_if_changed(&root.join(MATRIX), text.as_bytes())
}

fn passed_everywhere(rows: &[Row]) -> Result<()> {
    let failed = rows.iter().filter(|row| !row.passed).count();
    println!("\n{} passed, {failed} failed", rows.len() - failed);
    ensure!(failed == 0, "{failed} of {} Pythons failed", rows.len());
    Ok(())
}
