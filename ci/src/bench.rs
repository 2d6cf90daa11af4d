//! `bench`: measures what a crossing costs, in one run, and writes `ci/bench.toml`, from which pages take their figures.
//!
//! `book/bench.toml` holds the names of the rows in both languages and what pages claim of them.
//! `bench_pages` puts the figures into the pages.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{fs, thread};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::project::{self, ExampleCrate, Project};
use crate::track::Track;
use crate::{manifests, record, workshop};

const RESULTS: &str = "ci/bench.toml";
const WORDS: &str = "book/bench.toml";

/// What the runner measures, as far as it is there; the first has the runner.
const TOPICS: [&str; 4] = [
    "crossing-cost",
    "crossing-cost-before",
    "patterns",
    "batched-delivery",
];

/// The measurement of every row, with the machine that it was made on.
#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    /// The day of the run, in UTC.
    pub date: String,
    pub machine: Machine,
    pub versions: BTreeMap<String, String>,
    pub row: Vec<Row>,
    pub memory: Vec<Memory>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub system: String,
    /// How many threads of other programs wanted a core, on average, in the minute before the run.
    pub load: f64,
}

/// One row with one event loop and so many calls in flight. Times are in nanoseconds.
#[derive(Default, Serialize, Deserialize)]
pub struct Row {
    pub group: String,
    pub name: String,
    #[serde(rename = "loop")]
    pub event_loop: String,
    pub in_flight: u32,
    /// Of a call: the time of all calls, divided by their number.
    pub ns: f64,
    /// To an asyncio future with the same loop and as many in flight.
    pub ratio: f64,
    /// From the start of a call to its result, in the middle and at the 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
}

/// Bytes that a call in flight holds.
#[derive(Default, Serialize, Deserialize)]
pub struct Memory {
    pub name: String,
    /// Of the process.
    pub resident: f64,
    /// Of these, what Python's allocator gave out.
    pub traced: f64,
}

/// What the runner writes.
#[derive(Deserialize)]
struct Measured {
    versions: BTreeMap<String, String>,
    rows: Vec<Row>,
    memory: Vec<Memory>,
}

/// `book/bench.toml`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The rows by name, in each language.
    pub name: BTreeMap<String, BTreeMap<String, String>>,
    claim: Vec<Claim>,
}

/// Points of the results from the slowest to the fastest, as a page has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    page: String,
    order: Vec<String>,
    /// How many times longer each takes than the next, at least.
    #[serde(default = "nearly_one")]
    factor: f64,
}

/// An order that only says "not slower" may be missed by a little.
fn nearly_one() -> f64 {
    0.9
}

impl Results {
    pub fn load(root: &Path) -> Result<Self> {
        let text = project::read(&root.join(RESULTS))?;
        toml::from_str(&text).with_context(|| format!("{RESULTS} is malformed"))
    }

    /// The row that `NAME[@LOOP][@IN_FLIGHT]` names, on asyncio and one at a time if it does not say.
    pub fn row(&self, point: &str) -> Result<&Row> {
        let mut parts = point.split('@');
        let name = parts.next().unwrap_or_default();
        let (mut event_loop, mut in_flight) = ("asyncio", 1);
        for part in parts {
            match part.parse() {
                Ok(number) => in_flight = number,
                Err(_) => event_loop = part,
            }
        }
        self.find(name, event_loop, in_flight)
            .with_context(|| format!("{RESULTS} has no row {point}"))
    }

    pub fn find(&self, name: &str, event_loop: &str, in_flight: u32) -> Option<&Row> {
        let is = |row: &&Row| {
            (row.name.as_str(), row.event_loop.as_str(), row.in_flight)
                == (name, event_loop, in_flight)
        };
        self.row.iter().find(is)
    }
}

impl Words {
    pub fn load(root: &Path) -> Result<Self> {
        toml::from_str(&project::read(&root.join(WORDS))?)
            .with_context(|| format!("{WORDS} is malformed"))
    }
}

/// Rows without a name in a language, and what pages claim and the results deny.
pub fn problems(root: &Path) -> Result<Vec<String>> {
    let (results, words) = (Results::load(root)?, Words::load(root)?);
    let mut problems = Vec::new();
    for row in &results.row {
        let names = words.name.get(&row.name);
        let named = |language: &&str| names.is_some_and(|names| names.contains_key(*language));
        if !project::LANGUAGES.iter().all(|language| named(&language)) {
            problems.push(format!("{WORDS}: {} has no name in en or in zh", row.name));
        }
    }
    problems.dedup();
    for claim in &words.claim {
        for pair in claim.order.windows(2) {
            let (slow, fast) = match (results.row(&pair[0]), results.row(&pair[1])) {
                (Ok(slow), Ok(fast)) => (slow.ns, fast.ns),
                (Err(error), _) | (_, Err(error)) => {
                    problems.push(format!("{WORDS}: {error}"));
                    continue;
                }
            };
            if slow < fast * claim.factor {
                problems.push(format!(
                    "{RESULTS}: {} took {slow} ns and {} {fast} ns, where {} says at least {} times as long",
                    pair[0], pair[1], claim.page, claim.factor
                ));
            }
        }
    }
    Ok(problems)
}

/// Builds all that is measured into one virtual environment, runs the runner in it, and writes the results.
pub fn bench(project: &Project) -> Result<()> {
    let folder = project.builds.join("bench");
    let venv = folder.join("venv");
    workshop::make_venv(project, &venv)?;
    let python = workshop::scripts(&venv).join(format!("python{}", std::env::consts::EXE_SUFFIX));
    let crates = project::crates_here(project)?;
    for topic in TOPICS {
        for example in crates.iter().filter(|example| example.topic == topic) {
            println!("building {}", example.name());
            install(example, &folder, &python)?;
        }
    }
    let machine = machine()?;
    let json = folder.join("results.json");
    let status = Command::new(&python)
        .args(["-m", "crossing.bench", "--json"])
        .arg(&json)
        .current_dir(&folder)
        .status()
        .context("cannot start the runner")?;
    ensure!(status.success(), "the runner did not end well");
    let measured: Measured =
        serde_json::from_str(&project::read(&json)?).context("the runner wrote no results")?;
    let results = Results {
        date: record::today(),
        machine,
        versions: versions(project, measured.versions)?,
        row: measured.rows.into_iter().map(rounded).collect(),
        memory: measured.memory,
    };
    let text = format!(
        "# What one run of `just bench` measured. Times are in nanoseconds, memory in bytes.\n\n{}",
        toml::to_string(&results).context("the results are not TOML")?
    );
    project::write_if_changed(&project.root.join(RESULTS), text.as_bytes())?;
    println!("{RESULTS} is written");
    match problems(&project.root)?.as_slice() {
        [] => Ok(()),
        problems => bail!("{}", problems.join("\n")),
    }
}

/// A wheel of a release build. Nothing is left in the crate's folder.
fn install(example: &ExampleCrate, folder: &Path, python: &Path) -> Result<()> {
    let wheels = folder.join("wheels").join(&example.topic);
    if wheels.is_dir() {
        fs::remove_dir_all(&wheels).with_context(|| wheels.display().to_string())?;
    }
    let target = match example.track {
        Track::Current => "cargo",
        Track::Pyo3Asyncio => "cargo-pyo3-asyncio",
    };
    let mut maturin = Command::new("maturin");
    maturin.args(["build", "--release", "--locked", "--quiet", "--out"]);
    maturin.arg(&wheels).arg("--interpreter").arg(python);
    maturin.env("CARGO_TARGET_DIR", folder.join(target));
    maturin.current_dir(&example.folder);
    succeeds(&mut maturin)?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]);
    pip.arg("--disable-pip-version-check");
    for entry in fs::read_dir(&wheels).with_context(|| wheels.display().to_string())? {
        pip.arg(entry.context("cannot list the wheels")?.path());
    }
    succeeds(&mut pip)
}

fn succeeds(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

/// Beyond four digits all is noise.
fn rounded(mut row: Row) -> Row {
    let round = |number: f64| {
        let unit = 10f64.powf(number.log10().floor() - 3.0).min(1.0);
        if number > 0.0 {
            (number / unit).round() * unit
        } else {
            number
        }
    };
    // A float of few digits is still written with all that its binary form has.
    let tidy = |number: f64| format!("{:.4}", round(number)).parse().unwrap_or(number);
    row.ns = row.ns.round();
    row.ratio = tidy(row.ratio);
    row.p50 = row.p50.map(f64::round);
    row.p99 = row.p99.map(f64::round);
    row
}

fn machine() -> Result<Machine> {
    let cores = thread::available_parallelism().context("cannot count the cores")?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|one| one.parse().ok());
    Ok(Machine {
        cpu: cpu(),
        cores: cores.get(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        load: load.unwrap_or(0.0),
    })
}

fn cpu() -> String {
    let of_linux = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = of_linux
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, name)| name.to_owned());
    let of_macos = || {
        let mut sysctl = Command::new("sysctl");
        project::output_of(sysctl.args(["-n", "machdep.cpu.brand_string"])).ok()
    };
    let name = model.or_else(of_macos).unwrap_or_default();
    if name.trim().is_empty() {
        return std::env::consts::ARCH.to_owned();
    }
    name.trim().to_owned()
}

/// Those that the runner found, and those of the compiler and the lock files.
fn versions(
    project: &Project,
    mut versions: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let rustc = project::output_of(Command::new("rustc").arg("--version"))?;
    let rust = rustc.split(' ').nth(1).unwrap_or_default();
    versions.insert("rust".to_owned(), rust.to_owned());
    let ours = manifests::locked(&project.root)?;
    let before = manifests::locked(&Track::Pyo3Asyncio.workspace(&project.root))?;
    let wanted = [
        (&ours, "pyo3"),
        (&ours, "pyo3-async-runtimes"),
        (&ours, "tokio"),
        (&ours, "async-std"),
        (&before, "pyo3-asyncio"),
    ];
    for (locked, name) in wanted {
        if let Some(version) = locked.get(name).and_then(|found| found.first()) {
            versions.insert(name.to_owned(), version.clone());
        }
    }
    Ok(versions)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn row(name: &str, event_loop: &str, in_flight: u32, ns: f64) -> Row {
        Row {
            group: "await".to_owned(),
            name: name.to_owned(),
            event_loop: event_loop.to_owned(),
            in_flight,
            ns,
            ratio: ns / 112.0,
            p50: None,
            p99: None,
        }
    }

    pub fn results(row: Vec<Row>) -> Results {
        Results {
            date: "2026-11-23".to_owned(),
            machine: Machine {
                cpu: "abacus".to_owned(),
                cores: 2,
                system: "linux".to_owned(),
                load: 0.0,
            },
            versions: BTreeMap::new(),
            row,
            memory: Vec::new(),
        }
    }

    #[test]
    fn a_point_names_a_row_with_its_loop_and_its_number_in_flight() {
        let results = results(vec![
            row("a", "asyncio", 1, 1.0),
            row("a", "uvloop", 100, 2.0),
        ]);
        let ns = |point: &str| results.row(point).ok().map(|row| row.ns);
        assert_eq!(ns("a"), Some(1.0));
        assert_eq!(ns("a@uvloop@100"), Some(2.0));
        assert_eq!((ns("a@100"), ns("b")), (None, None));
    }

    #[test]
    fn a_time_keeps_its_nanoseconds_and_a_ratio_four_digits() {
        let mut one = row("a", "asyncio", 1, 23.7);
        one.ratio = 0.123456;
        let one = rounded(one);
        assert_eq!((one.ns, one.ratio), (24.0, 0.1235));
    }
}
