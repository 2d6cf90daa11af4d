//! `test-matrix`: `test-examples` on every CPython that this machine has, and a table of the results.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::captures;
use crate::project;
use crate::record::{self, Record};
use crate::report::{self, Kind};
use crate::track::Track;

/// The versions the guide is for, by their minor number.
const MINORS: std::ops::RangeInclusive<u32> = 9..=15;

/// How to start one Python: an interpreter here, or a command that runs its arguments elsewhere.
enum Python {
    Here(PathBuf),
    Through(String),
}

/// `ci/matrix.toml`: the Pythons on which every page and crate has passed.
#[derive(Serialize, Deserialize)]
pub struct Matrix {
    python: Vec<Passed>,
}

/// What passed on one Python.
#[derive(Clone, Serialize, Deserialize)]
struct Passed {
    version: String,
    /// The day it ran, in UTC: the first day, if passes of several days were kept.
    date: String,
    /// The hash of all that was verified then.
    sources: String,
    steps: usize,
    /// The crates of this guide's track, and of each other one that builds for this Python.
    crates: BTreeMap<String, usize>,
}

impl Matrix {
    pub fn load(root: &Path) -> Result<Self> {
        let text = project::read(&root.join(FILE))?;
        toml::from_str(&text).with_context(|| format!("{FILE} is malformed"))
    }

    /// Oldest first.
    pub fn versions(&self) -> Vec<&str> {
        self.python.iter().map(|one| one.version.as_str()).collect()
    }

    /// A row for each Python: its version, the crates of each track, the steps, the day. A star is for a run
    /// of pages or crates that have changed since.
    pub fn table(&self, root: &Path, language: &str) -> Result<String> {
        let chinese = language == "zh";
        let (crates, steps, day) = match chinese {
            true => ("的 crate", "通过的步骤", "运行日期"),
            false => ("crates", "steps passed", "run on"),
        };
        let mut text = String::from("| CPython |");
        for track in Track::ALL {
            text.push_str(&format!(" `{}` {crates} |", track.examples()));
        }
        text.push_str(&format!(" {steps} | {day} |\n|---|"));
        text.push_str(&"---|".repeat(Track::ALL.len() + 2));
        let sources = record::fingerprint(root)?;
        for one in &self.python {
            text.push_str(&format!("\n| {} |", one.version));
            for track in Track::ALL {
                let count = one.crates.get(track.examples()).copied();
                text.push_str(&format!(
                    " {} |",
                    count.map_or("–".to_owned(), |count| count.to_string())
                ));
            }
            let star = if one.sources == sources { "" } else { " \\*" };
            text.push_str(&format!(" {} | {}{star} |", one.steps, one.date));
        }
        if self.python.iter().any(|one| one.sources != sources) {
            text.push_str(match chinese {
                true => "\n\n\\* 之后页面或 crate 有过改动。",
                false => "\n\n\\* Pages or crates have changed since.",
            });
        }
        Ok(text)
    }
}

const FILE: &str = "ci/matrix.toml";

/// How the examples did on one Python: its full version, the counts, the seconds.
struct Row {
    record: Option<Passed>,
    version: String,
    counts: String,
    passed: bool,
    seconds: f64,
}

/// Tests on every Python found, or on those named `3.12`; an argument `VERSION=COMMAND` is for a Python in
/// a container or a chroot. With `--bless` first, captures are made instead: the oldest Python writes `NAME.console`,
/// and each one that prints something else a capture that counts from it on. With `--topic TOPIC` first, one topic is
/// tested, and nothing is recorded.
pub fn test_matrix(root: &Path, arguments: &[&str]) -> Result<()> {
    let (bless, topic, others) = match arguments {
        ["--bless", others @ ..] => (true, None, others),
        ["--topic", topic, others @ ..] => (false, Some(*topic), others),
        others => (false, None, others),
    };
    let mut pythons = found_here();
    let mut named = BTreeSet::new();
    for other in others {
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
    if bless {
        return bless_all(root, &pythons);
    }
    let mut rows = Vec::new();
    for (minor, python) in &pythons {
        println!("== CPython 3.{minor}");
        rows.push(test_on(root, *minor, python, topic)?);
    }
    print_table(&rows);
    if topic.is_none() {
        record(root, &rows)?;
    }
    passed_everywhere(&rows)
}

fn minor(version: &str) -> Result<u32> {
    let minor = version
        .strip_prefix("3.")
        .and_then(|minor| minor.parse().ok());
    minor
        .filter(|minor| MINORS.contains(minor))
        .with_context(|| format!("{version}: not a version from 3.9 to 3.15"))
}

/// `python3.N` on PATH, else the newest 3.N that pyenv has.
fn found_here() -> BTreeMap<u32, Python> {
    MINORS
        .filter_map(|minor| {
            Some((
                minor,
                Python::Here(pyenv(minor).or_else(|| on_path(minor))?),
            ))
        })
        .collect()
}

fn on_path(minor: u32) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(format!("python3.{minor}")))
        .find(|python| works(python))
}

fn pyenv(minor: u32) -> Option<PathBuf> {
    let home = std::env::var_os("PYENV_ROOT").map(PathBuf::from)?;
    let mut versions: Vec<PathBuf> = std::fs::read_dir(home.join("versions"))
        .ok()?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    versions.sort();
    let is = |path: &&PathBuf| {
        path.file_name()
            .and_then(OsStr::to_str)
            .is_some_and(|name| name.starts_with(&format!("3.{minor}.")))
    };
    versions
        .iter()
        .rev()
        .filter(is)
        .map(|path| path.join("bin/python3"))
        .find(|python| works(python))
}

fn works(python: &Path) -> bool {
    python.is_file()
        && Command::new(python)
            .args(["-c", ""])
            .status()
            .is_ok_and(|status| status.success())
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
        let text = tee(&mut command_on(root, *minor, python, entry))?;
        if !text.contains(" captures changed on ") {
            bail!("3.{minor}: the captures could not be made");
        }
    }
    Ok(())
}

/// A capture that counts from one of these Pythons on will be made again, if it is still needed.
fn remove_captures_from(root: &Path, minors: BTreeSet<u32>) -> Result<()> {
    for example in project::crates(root)? {
        for path in example.files_with_extension("console")? {
            if minors.contains(&captures::parts(&path)?.1) {
                std::fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
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
        Python::Through(through) => command
            .args(["-c", &format!("{through} {entry}")])
            .env("PYTHON", "python3"),
    };
    command
        .current_dir(root)
        .env("GUIDE_VENV", &venv)
        .env_remove("VIRTUAL_ENV")
        .env_remove("PYO3_PYTHON");
    command
}

fn test_on(root: &Path, minor: u32, python: &Python, topic: Option<&str>) -> Result<Row> {
    let start = Instant::now();
    let entry = format!("ci/just test-examples {}", topic.unwrap_or_default());
    let text = tee(&mut command_on(root, minor, python, &entry))?;
    let counts = text
        .lines()
        .rev()
        .find(|line| line.contains(" passed, "))
        .unwrap_or("did not run")
        .to_owned();
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("CPython ")?.split(' ').next())
        .map_or_else(|| format!("3.{minor}"), str::to_owned);
    Ok(Row {
        record: recorded(root, &version)?,
        passed: counts.ends_with(" 0 failed"),
        version,
        counts,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Shows the output as it comes and returns it.
fn tee(command: &mut Command) -> Result<String> {
    use std::io::{BufRead, BufReader};
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let mut text = String::new();
    for line in BufReader::new(child.stdout.take().context("no output to read")?).lines() {
        let line = line.context("cannot read the output")?;
        println!("{line}");
        text.push_str(&line);
        text.push('\n');
    }
    child.wait().context("cannot wait for the tests")?;
    Ok(text)
}

fn print_table(rows: &[Row]) {
    println!("\n{:<10} {:<28} {:>8}", "CPython", "result", "seconds");
    for row in rows {
        println!(
            "{:<10} {:<28} {:>8.0}",
            row.version, row.counts, row.seconds
        );
    }
}

/// What `target/verify.json` says, if it is of the run that has just ended.
fn recorded(root: &Path, version: &str) -> Result<Option<Passed>> {
    let record = Record::of_these_sources(root)?;
    Ok(record
        .filter(|record| record.python == version && record.failed() == 0)
        .map(|record| {
            let mut crates = BTreeMap::new();
            for proof in report::proofs(&record.steps).into_keys() {
                if proof.kind == Kind::Crates {
                    let track = Track::of_crate(&proof.at);
                    *crates.entry(track.examples().to_owned()).or_insert(0) += 1;
                }
            }
            Passed {
                date: record.since().to_owned(),
                version: record.python,
                sources: record.sources,
                steps: record.steps.len(),
                crates,
            }
        }))
}

/// Writes what passed, for the pages, in the place of what passed before on the same Python. What failed is gone.
fn record(root: &Path, rows: &[Row]) -> Result<()> {
    let mut python: BTreeMap<u32, Passed> = BTreeMap::new();
    for one in Matrix::load(root)?.python {
        python.insert(minor_of(&one.version)?, one);
    }
    for row in rows {
        python.remove(&minor_of(&row.version)?);
        if let Some(passed) = row.record.clone().filter(|_| row.passed) {
            python.insert(minor_of(&row.version)?, passed);
        }
    }
    let matrix = Matrix {
        python: python.into_values().collect(),
    };
    let text = format!(
        "# What has passed on each Python. `just test-matrix` writes it.\n{}",
        toml::to_string(&matrix).context("the matrix is not TOML")?
    );
    project::write_if_changed(&root.join(FILE), text.as_bytes())
}

/// Ends the process with 1 if anything failed.
fn passed_everywhere(rows: &[Row]) -> Result<()> {
    let failed = rows.iter().filter(|row| !row.passed).count();
    println!("\n{} passed, {failed} failed", rows.len() - failed);
    if failed > 0 {
        std::process::exit(1)
    }
    Ok(())
}

/// The `12` of `3.12.1`.
fn minor_of(version: &str) -> Result<u32> {
    let parts: Vec<&str> = version.split('.').take(2).collect();
    minor(&parts.join("."))
}
