//! The smaller recipes: bless, stress, copies alone, a new example.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use regex::Regex;

use crate::captures::{self, Capture};
use crate::downloads;
use crate::project::{self, ExampleCrate, Project};
use crate::report::{Kind, Proof, Report};
use crate::track::Track;
use crate::workshop::{Bench, Lock};
use crate::{diffs, fails, pythons, transcripts, verify};

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

/// The topic whose module the exit test must see crash without its own deliveries.
const CONTROL: &str = "native-module";

/// Exits of every module with an exit test, `exits` for each of its programs, six at a time: all
/// must be clean; and the other tests that can be long. Then the exits of one topic with the bridge's
/// plain `future_into_py`: the test must see crashes. On uvloop, all but this control.
/// With a `topic`, those of its crates alone.
pub fn stress(project: &Project, exits: &str, topic: Option<&str>, uvloop: bool) -> Result<()> {
    let count = exits
        .parse::<u32>()
        .ok()
        .filter(|count| (1..1_000_000).contains(count))
        .with_context(|| format!("{exits}: the number of exits must be a whole number from 1"))?;
    pythons::print_left_out(project)?;
    let crates = verify::chosen(project, topic)?;
    let long: Vec<_> = crates
        .iter()
        .flat_map(|example| LONG_TESTS.iter().map(move |test| (example, test)))
        .filter(|(example, test)| example.folder.join(test.file).is_file())
        .collect();
    let controls: Vec<_> = long
        .iter()
        .filter(|(example, test)| {
            !uvloop && example.topic == CONTROL && test.file == EXIT_TEST.file
        })
        .collect();
    if long.is_empty() {
        bail!(
            "{}: none of its crates has a long test that `ci/just stress` could run",
            topic.unwrap_or("examples")
        );
    }
    let on = if uvloop { " --uvloop" } else { "" };
    let report = Report::new(long.len() + controls.len());
    for (example, test) in &long {
        let length = (test.length)(count);
        let name = format!("{}: {length} {}", example.name(), test.what);
        let again = format!("ci/just stress {exits} {}{on}", example.topic);
        report.step(&name, &[], &again, || {
            let mut bench = Bench::set_up(project, example, Lock::Seeded)?;
            if uvloop {
                bench.use_uvloop(project)?;
            }
            long_test(&bench, test, length).map(drop)
        });
    }
    for (example, _) in controls {
        let name = format!(
            "{} with the plain bridge: the exit test sees it",
            example.name()
        );
        let again = format!("ci/just stress {exits} {}", example.topic);
        report.step(&name, &[], &again, || {
            plain_bridge_fails(project, example, count)
        });
    }
    report.finish()
}

/// A file of tests that a variable makes as long as one likes.
pub struct LongTest {
    file: &'static str,
    pub variable: &'static str,
    /// Its value, for a number of exits.
    length: fn(exits: u32) -> u32,
    what: &'static str,
}

const EXIT_TEST: LongTest = LongTest {
    file: "tests/test_clean_exit.py",
    variable: "CLEAN_EXITS",
    length: |exits| exits,
    what: "clean exits of each program",
};

pub const LONG_TESTS: [LongTest; 6] = [
    EXIT_TEST,
    LongTest {
        file: "tests/test_nothing_is_left.py",
        variable: "LEAK_AWAITS",
        length: |exits| exits * 5000,
        what: "awaits, and a tenth as many that are cancelled, leave nothing behind",
    },
    LongTest {
        file: "tests/test_exit_crash.py",
        variable: "REMEDY_EXITS",
        length: |exits| (exits / 2).max(1),
        what: "exits with each remedy against the crash",
    },
    LongTest {
        file: "tests/test_signals.py",
        variable: "CTRL_CS",
        length: |exits| exits,
        what: "Ctrl-Cs at random moments",
    },
    LongTest {
        file: "tests/test_fork.py",
        variable: "FORKS",
        length: |exits| (exits / 4).max(1),
        what: "forks in a row",
    },
    LongTest {
        file: "tests/server.rs",
        variable: "REQUESTS",
        length: |exits| exits * 50,
        what: "requests, of which three in ten are cancelled, and none is lost",
    },
];

fn long_test(bench: &Bench, test: &LongTest, length: u32) -> Result<String> {
    let setting = format!("{}={length}", test.variable);
    let rust = Path::new(test.file)
        .extension()
        .is_some_and(|end| end == "rs");
    if rust {
        return bench.must("env", &[setting.as_str(), "cargo", "test"]);
    }
    bench.must("maturin", &["develop"])?;
    let command = [
        setting.as_str(),
        "python",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        test.file,
    ];
    bench.must("env", &command)
}

/// The control: without it, a test that cannot fail would look the same.
///
/// CPython 3.14 hangs threads instead of ending them, so nothing crashes there.
fn plain_bridge_fails(project: &Project, example: &ExampleCrate, exits: u32) -> Result<()> {
    let bench = Bench::set_up(project, example, Lock::Seeded)?;
    let source = bench.folder.join("src/lib.rs");
    let own =
        Regex::new(r"generic::future_into_py::<\w+, _, _>").context("the pattern is valid")?;
    let plain = format!(
        "{}::{}::future_into_py",
        example.track.bridge(),
        example.variant.replace('-', "_")
    );
    let text = project::read(&source)?;
    let changed = own.replace(&text, plain.as_str());
    if changed == text {
        bail!(
            "{}: calls no `generic::future_into_py` that could be replaced",
            source.display()
        );
    }
    project::write_if_changed(&source, changed.as_bytes())?;
    match long_test(&bench, &EXIT_TEST, exits) {
        // By a signal, or by what a thread that was ended has printed: which comes first is luck.
        Err(error) if format!("{error:#}").contains("assert [(") => Ok(()),
        Err(error) => Err(error.context("the exit test failed, but not by an exit")),
        Ok(_) if project.minor()? >= 14 => Ok(()),
        Ok(_) => bail!("every exit was clean: the exit test proves nothing here"),
    }
}

/// Every crate, its folder alone unzipped in an empty place, without a lock file: it builds and passes.
pub fn test_alone(project: &Project) -> Result<()> {
    pythons::print_left_out(project)?;
    let crates = project::crates_here(project)?;
    let place = project.copies.join("alone");
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("cannot empty {}", place.display()))?;
    }
    let report = Report::new(crates.len());
    for mut example in crates {
        let proof = Proof {
            kind: Kind::Crates,
            language: String::new(),
            at: example.name(),
        };
        report.step(
            &format!("{} alone", example.name()),
            &[proof],
            "ci/just test-alone",
            || {
                // What a reader gets: the zip that the site offers.
                let zip = downloads::pack(&example)?;
                example.folder = downloads::unpack(&zip, &example, &place.join("unzipped"))?;
                let bench = Bench::set_up(project, &example, Lock::None)?;
                if !example.is_native_module() {
                    return bench.must("cargo", &["test"]).map(drop);
                }
                bench.must("maturin", &["develop"])?;
                bench
                    .must("python", &["-m", "pytest", "-q", "tests"])
                    .map(drop)
            },
        );
    }
    report.finish()
}

/// Format and lints of every workspace; the lints need a Python that its crates build for.
pub fn lint(project: &Project) -> Result<()> {
    const FORMAT: [&str; 3] = ["fmt", "--all", "--check"];
    const LINTS: [&str; 7] = [
        "clippy",
        "--quiet",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-Dwarnings",
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

/// Starts `examples/<topic>/<variant>` from the crate of the same kind that is there already.
pub fn new_example(root: &Path, topic: &str, variant: &str, kind: &str) -> Result<()> {
    let word = |name: &str| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if !word(topic) || !word(variant) {
        bail!(
            "{topic}/{variant}: names are lower-case words joined by hyphens, such as cancel-from-python tokio"
        );
    }
    let from = root.join("examples").join(kind).join(variant);
    let from = if from.is_dir() {
        from
    } else {
        root.join("examples").join(kind).join("tokio")
    };
    if !from.is_dir() {
        bail!("{kind}: start from rust-app or native-module");
    }
    let to = root.join("examples").join(topic).join(variant);
    if to.exists() {
        bail!("{}: is already there", to.display());
    }
    crate::workshop::copy(&from, &to)?;
    let manifest = to.join("Cargo.toml");
    let old = from.strip_prefix(root.join("examples"))?;
    let old = project::slashed(old).replace('/', "-");
    let text = project::read(&manifest)?.replace(&old, &format!("{topic}-{variant}"));
    fs::write(&manifest, text).with_context(|| format!("cannot write {}", manifest.display()))?;
    println!(
        "examples/{topic}/{variant}: started from {}; now show it on a page in both languages",
        old
    );
    Ok(())
}
