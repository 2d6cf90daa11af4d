//! `test-matrix`: `test-examples` on every CPython that this machine has, and a table of the results.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::repo::{Bridge, Release, Repo, Share, files, free_threaded::Older};
use crate::results::matrix::{MATRIX, Matrix, Passed};
use crate::results::verdict::{self, Kind};
use crate::results::{self, record::Record};
use crate::verify::captures;

/// The versions the guide is for, by their minor number.
const MINORS: std::ops::RangeInclusive<u32> = 9..=15;
/// The first that is also built without the GIL.
const FIRST_WITHOUT_GIL: u32 = 13;
/// Where `ci/free-threaded/build-python` installs one.
const BUILT: &str = "target/python3.13t/bin/python3.13t";

/// How to start one Python.
struct Python {
    path: PathBuf,
    /// A command that runs its arguments elsewhere, where that Python is.
    through: Option<String>,
}

/// How the examples did on one Python.
struct Row {
    release: Release,
    /// What the run recorded, if it was whole.
    last: Option<Record>,
    passed: bool,
    seconds: f64,
}

impl Row {
    fn print(&self) {
        let verdict = if self.passed { "passed" } else { "FAILED" };
        let (mut version, mut counts) = (self.release.to_string(), String::new());
        if let Some(record) = &self.last {
            version.clone_from(&record.python);
            counts = format!("{} steps, {} failed", record.steps.len(), record.count(|step| !step.passed));
        }
        println!("{version:<10} {verdict} {counts:<28} {:>8.0}", self.seconds);
    }
}

/// Which Pythons, and what of the guide.
#[derive(Args)]
pub struct Wanted {
    /// `3.N` for one that is here, `3.Nt` for one without the GIL, `VERSION=COMMAND` for one in a container or a chroot;
    /// all that are here without it.
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

/// Tests on every Python found, or on those that are named: all of them, or today's. Only all are recorded.
pub fn test_matrix(root: &Path, wanted: &Wanted, share: Share) -> Result<()> {
    let mut pythons = found_here(root);
    let mut named = BTreeSet::new();
    for other in &wanted.pythons {
        if let Some((version, command)) = other.split_once('=') {
            let through = Some(command.to_owned());
            pythons.insert(release(version)?, Python { path: "python3".into(), through });
        } else if pythons.contains_key(&release(other)?) {
            named.insert(release(other)?);
        } else {
            let build = if other == "3.13t" { "ci/free-threaded/build-python makes it; " } else { "" };
            bail!("{other}: not found here; {build}for one elsewhere write {other}='podman exec py'");
        }
    }
    pythons.retain(|release, python| named.is_empty() || named.contains(release) || python.through.is_some());
    ensure!(!pythons.is_empty(), "no CPython 3.9 to 3.15 found: install some, as python3.N on PATH or with pyenv");
    let mut pythons: Vec<(Release, Python)> = pythons.into_iter().collect();
    share.retain(&mut pythons, |_| true);
    if wanted.bless {
        // Captures are of Pythons with the GIL.
        pythons.retain(|(release, _)| !release.is_free_threaded);
        return bless_all(root, &pythons);
    }
    let mut rows = Vec::new();
    for (release, python) in &pythons {
        println!("== CPython {release}");
        rows.push(test_on(root, *release, python, wanted)?);
    }
    println!("\n{:<10} {:<28} {:>8}", "CPython", "result", "seconds");
    rows.iter().for_each(Row::print);
    let (all, failed) = (rows.len(), rows.iter().filter(|row| !row.passed).count());
    if wanted.topic.is_none() && share.is_all() {
        record(root, rows)?;
    }
    println!("\n{} passed, {failed} failed", all - failed);
    ensure!(failed == 0, "{failed} of {all} Pythons failed");
    Ok(())
}

/// The one that is called `3.13` or `3.13t`.
fn release(name: &str) -> Result<Release> {
    let release = Release::of(name).ok().filter(|release| release.to_string() == name && is_known(release));
    release.with_context(|| format!("{name}: not a version from 3.9 to 3.15, or from 3.13t to 3.15t"))
}

fn is_known(release: &Release) -> bool {
    MINORS.contains(&release.minor) && !(release.is_free_threaded && release.minor < FIRST_WITHOUT_GIL)
}

/// The newest of each release that pyenv has, else that on PATH, else that which was built here.
fn found_here(root: &Path) -> BTreeMap<Release, Python> {
    let pyenv = std::env::var_os("PYENV_ROOT").map(|root| PathBuf::from(root).join("versions"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |release: Release| {
        let name = format!("python{release}");
        let on_path = std::env::split_paths(&path).map(|folder| folder.join(&name));
        let built = Some(root.join(BUILT)).filter(|python| python.ends_with(&name));
        let newest = pyenv.as_ref().and_then(|versions| newest_in(versions, release));
        newest.or_else(|| on_path.chain(built).find(|python| works(python)))
    };
    let both = |minor| [false, true].map(|is_free_threaded| Release { minor, is_free_threaded });
    let releases = MINORS.flat_map(both).filter(is_known);
    releases.filter_map(|release| Some((release, Python { path: found(release)?, through: None }))).collect()
}

fn newest_in(versions: &Path, release: Release) -> Option<PathBuf> {
    // `3.13.5t` is a folder's name there as well. Its third number is that of the patch.
    let found = std::fs::read_dir(versions).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_str()?;
        let (of, patch) = name.trim_end_matches('t').rsplit_once('.')?;
        let is_it = of.contains('.') && Release::of(name).ok()? == release;
        is_it.then(|| (patch.parse().unwrap_or(0), path.join("bin/python3")))
    });
    let mut found: Vec<(u32, PathBuf)> = found.collect();
    found.sort();
    found.into_iter().rev().map(|(_, python)| python).find(|python| works(python))
}

fn works(python: &Path) -> bool {
    python.is_file() && Command::new(python).args(["-c", ""]).status().is_ok_and(|status| status.success())
}

/// Makes the captures anew, oldest Python first.
fn bless_all(root: &Path, pythons: &[(Release, Python)]) -> Result<()> {
    // A capture that counts from one of these Pythons on will be made again, if it is still needed.
    for example in Repo::load(root)?.crates {
        for path in captures::beside(&example.folder)? {
            let (_, minor) = captures::parts(&path)?;
            if pythons.iter().any(|(release, _)| release.minor == minor) {
                files::remove_if_there(&path)?;
            }
        }
    }
    for (index, (release, python)) in pythons.iter().enumerate() {
        println!("== CPython {release}");
        let entry = if index == 0 { "ci/just bless" } else { "ci/just bless --from-this-python" };
        let status = command_on(root, *release, python, entry).status();
        ensure!(status.context("cannot start a shell")?.success(), "{release}: the captures could not be made");
    }
    Ok(())
}

/// A command line that starts in the root with this Python.
fn command_on(root: &Path, release: Release, python: &Python, entry: &str) -> Command {
    let mut command = Command::new("sh");
    let through = python.through.as_ref().map_or(String::new(), |through| format!("{through} "));
    command.arg("-c").arg(format!("{through}{entry}")).current_dir(root);
    command.env("PYTHON", &python.path).env("GUIDE_VENV", format!("target/venv-{release}"));
    command.env_remove("VIRTUAL_ENV").env_remove("PYO3_PYTHON");
    command
}

fn test_on(root: &Path, release: Release, python: &Python, wanted: &Wanted) -> Result<Row> {
    let start = Instant::now();
    let only = wanted.only.as_ref().map_or(String::new(), |step| format!("--only {step}"));
    let entry = format!("ci/just test-examples {} {only}", wanted.topic.as_deref().unwrap_or_default());
    let status = command_on(root, release, python, &entry).status();
    let passed = status.context("cannot start a shell")?.success();
    // One topic writes no record, and what was there before is that of another run, or of other sources.
    let last = if wanted.topic.is_none() { Record::of_these_sources_on(&Repo::load(root)?, release) } else { None };
    let last = last.filter(|record| passed == (record.count(|step| !step.passed) == 0));
    Ok(Row { release, last, passed, seconds: start.elapsed().as_secs_f64() })
}

/// Writes what passed, for the pages, in the place of what passed before on the same Python. What failed is gone.
fn record(root: &Path, rows: Vec<Row>) -> Result<()> {
    let repo = Repo::load(root)?;
    let mut new = Vec::new();
    for Row { release, last, passed, .. } in rows {
        let record = last.filter(|_| passed).map(|last| recorded(&repo, release, last)).transpose()?;
        new.push((release, record));
    }
    let old: Matrix = repo.table(MATRIX)?;
    let python = results::replaced(old.python, |one| Release::of(&one.version), new)?;
    let comment = "What has passed on each Python. `just test-matrix` writes it.";
    results::write(root, MATRIX, comment, &Matrix { python })
}

/// What a whole run says, for the pages.
fn recorded(repo: &Repo, release: Release, record: Record) -> Result<Passed> {
    let mut crates = BTreeMap::new();
    for proof in verdict::proofs(&record.steps).into_keys() {
        if proof.kind == Kind::Crates {
            let bridge = repo.crate_named(&proof.file).map_or(Bridge::Current, |example| example.bridge);
            *crates.entry(bridge.examples().to_owned()).or_insert(0) += 1;
        }
    }
    Ok(Passed {
        date: record.since().to_owned(),
        version: record.python,
        sources: record.sources,
        steps: record.steps.len(),
        pyo3: Older::of(repo, release)?.map(|_| Older::pyo3(repo)).transpose()?,
        crates,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_python_without_the_gil_is_not_taken_for_one_that_has_it() {
        let place = tempfile::tempdir().expect("a folder");
        for version in ["3.13.2", "3.13.10", "3.13.11t", "3.13t", "3.13-dev", "3.14.9t"] {
            let python = place.path().join(version).join("bin/python3");
            std::fs::create_dir_all(python.parent().expect("a folder")).expect("made");
            std::fs::write(&python, "#!/bin/sh\n").expect("written");
            std::fs::set_permissions(python, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
        }
        let found = |name: &str| {
            let python = newest_in(place.path(), release(name).expect("a release"))?;
            Some(python.strip_prefix(place.path()).expect("inside").display().to_string())
        };
        assert_eq!(found("3.13").as_deref(), Some("3.13.10/bin/python3"));
        assert_eq!(found("3.13t").as_deref(), Some("3.13.11t/bin/python3"));
        assert_eq!((found("3.14"), found("3.14t").as_deref()), (None, Some("3.14.9t/bin/python3")));
    }

    #[test]
    fn the_name_of_a_python_is_one_that_the_guide_is_for() {
        for name in ["3.9", "3.15", "3.13t", "3.15t"] {
            assert_eq!(release(name).expect("a release").to_string(), name);
        }
        for name in ["3.8", "3.16", "3.12t", "3.13.5", "3.13.5t", "3.013", "3.", "t", "4.13"] {
            let said = release(name).expect_err("it is none").to_string();
            assert_eq!(said, format!("{name}: not a version from 3.9 to 3.15, or from 3.13t to 3.15t"));
        }
    }
}
