//! `bench`: measures what a crossing costs, in one run, and writes `ci/bench.toml`, from which pages take their figures.
//!
//! `book/bench.toml` holds the names of the rows in both languages and what pages claim of them.
//! `results::figures` puts the figures into the pages.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{fs, thread};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::check::figures;
use crate::repo::{Bridge, ExampleCrate, Lock, Repo, files, problem, today};
use crate::results;
use crate::results::bench::{BENCH, Machine, Memory, Results, Row};
use crate::run::{Project, command, environment};

/// What the runner measures, as far as it is there; the first has the runner.
const TOPICS: [&str; 4] = ["crossing-cost", "crossing-cost-before", "patterns", "batched-delivery"];

/// What the runner writes.
#[derive(Deserialize)]
struct Measured {
    versions: BTreeMap<String, String>,
    rows: Vec<Row>,
    memory: Vec<Memory>,
}

/// Builds all that is measured into one virtual environment, runs the runner in it, and writes the results.
pub fn bench(project: &Project) -> Result<()> {
    let folder = project.builds.join("bench");
    let venv = folder.join("venv");
    environment::make_venv(project, &venv, &["--without-pip"])?;
    let python = environment::python_of(&venv);
    let crates = project.crates(None)?;
    for topic in TOPICS {
        for example in crates.iter().filter(|example| example.topic == topic) {
            println!("building {}", example.name());
            install(example, &folder, &python)?;
        }
    }
    let machine = machine()?;
    let json = folder.join("results.json");
    let mut runner = Command::new(&python);
    runner.args(["-m", "crossing.bench", "--json"]).arg(&json).current_dir(&folder);
    succeeds(&mut runner).context("the runner did not end well")?;
    let found: Measured = serde_json::from_str(&files::read(&json)?).context("the runner wrote no results")?;
    let measured = Results {
        date: today::date(),
        machine,
        versions: versions(project, found.versions)?,
        row: found.rows.into_iter().map(rounded).collect(),
        memory: found.memory,
    };
    let comment = "What one run of `just bench` measured. Times are in nanoseconds, memory in bytes.\n";
    results::write(&project.repo.root, BENCH, comment, &measured)?;
    println!("{BENCH} is written");
    problem::none(&figures::denied(&Repo::load(&project.repo.root)?)?)
}

/// A wheel of a release build. Nothing is left in the crate's folder.
fn install(example: &ExampleCrate, folder: &Path, python: &Path) -> Result<()> {
    let wheels = folder.join("wheels").join(&example.topic);
    files::remove_if_there(&wheels)?;
    let target = folder.join(example.bridge.dir_name("cargo"));
    let mut maturin = Command::new("maturin");
    maturin
        .args(["build", "--release", "--locked", "--quiet", "--out"])
        .arg(&wheels)
        .arg("--interpreter")
        .arg(python);
    succeeds(maturin.env("CARGO_TARGET_DIR", target).current_dir(&example.folder))?;
    let mut uv = Command::new("uv");
    uv.args(["pip", "install", "--quiet", "--no-deps", "--no-index", "--no-cache", "--python"]).arg(python);
    succeeds(uv.args(files::below(&wheels)?))
}

fn succeeds(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

/// Beyond four digits all is noise.
fn rounded(mut row: Row) -> Row {
    let decimals = (3.0 - row.ratio.log10().floor()).clamp(0.0, 4.0) as usize;
    row.ns = row.ns.round();
    row.ratio = format!("{:.decimals$}", row.ratio).parse().unwrap_or(row.ratio);
    row.p50 = row.p50.map(f64::round);
    row.p99 = row.p99.map(f64::round);
    row
}

fn machine() -> Result<Machine> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(Machine {
        cpu: cpu(),
        cores: thread::available_parallelism().context("cannot count the cores")?.get(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        load: load.split(' ').next().and_then(|one| one.parse().ok()).unwrap_or(0.0),
    })
}

fn cpu() -> String {
    let of_linux = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = of_linux.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1));
    let of_macos =
        || command::output_of(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"])).unwrap_or_default();
    let name = model.map_or_else(of_macos, str::to_owned);
    if name.trim().is_empty() { std::env::consts::ARCH.to_owned() } else { name.trim().to_owned() }
}

/// Those that the runner found, and those of the compiler and the lock files.
fn versions(project: &Project, mut versions: BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let rustc = command::output_of(Command::new("rustc").arg("--version"))?;
    let rust = rustc.split(' ').nth(1).unwrap_or_default();
    versions.insert("rust".to_owned(), rust.to_owned());
    let ours = ["pyo3", "pyo3-async-runtimes", "tokio", "async-std"];
    for (bridge, names) in [(Bridge::Current, &ours[..]), (Bridge::Pyo3Asyncio, &["pyo3-asyncio"])] {
        let locked = Lock::parse(project.repo.must(&bridge.lock())?)?.versions();
        for name in names {
            let version = locked.get(*name).and_then(|found| found.first());
            versions.extend(version.map(|version| ((*name).to_owned(), version.clone())));
        }
    }
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;
    use crate::measure::tests::project;
    use crate::results::bench::tests::row;

    #[test]
    fn a_time_keeps_its_nanoseconds_and_a_ratio_four_digits() {
        let mut one = row("a", "asyncio", 1, 23.7);
        one.ratio = 0.123456;
        let one = rounded(one);
        assert_eq!((one.ns, one.ratio), (24.0, 0.1235));
    }

    #[test]
    fn what_is_no_time_stays() {
        let mut one = row("a", "asyncio", 1, 0.0);
        (one.ratio, one.p50, one.p99) = (0.0, Some(1.4), Some(1234567.8));
        let one = rounded(one);
        assert_eq!((one.ns, one.ratio, one.p50, one.p99), (0.0, 0.0, Some(1.0), Some(1234568.0)));
        let mut long = row("a", "asyncio", 1, 1.0);
        long.ratio = 123.456;
        assert_eq!(rounded(long).ratio, 123.5);
    }

    #[test]
    fn the_machine_is_named() {
        let machine = machine().expect("its cores");
        assert!(machine.cores >= 1 && machine.load >= 0.0);
        assert!(!machine.cpu.is_empty() && machine.cpu.trim() == machine.cpu, "{}", machine.cpu);
        assert_eq!(machine.system, format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    }

    #[test]
    fn versions_are_those_of_the_runner_the_compiler_and_both_lock_files() {
        let (_place, project) = project(&[]);
        let found = BTreeMap::from([("python".to_owned(), "3.11.7".to_owned())]);
        let mut found = versions(&project, found).expect("a compiler and two lock files");
        let rust = found.remove("rust").expect("a compiler");
        assert!(rust.starts_with("1."), "{rust}");
        let found: Vec<String> = found.iter().map(|(name, version)| format!("{name} {version}")).collect();
        assert_eq!(found, ["pyo3 0.30.1", "pyo3-asyncio 0.30.1", "python 3.11.7"]);
    }

    #[test]
    fn a_command_that_fails_is_named() {
        let mut rustc = Command::new("rustc");
        let error = succeeds(rustc.arg("--no-such-flag").stderr(Stdio::null())).expect_err("it fails");
        assert_eq!(error.to_string(), "\"rustc\" \"--no-such-flag\" failed");
        let error = succeeds(&mut Command::new("no-such-program")).expect_err("not there");
        assert_eq!(error.to_string(), "cannot start \"no-such-program\"");
    }
}
