//! `stress`: the long tests, and `ci/stress.toml`, which says on which Python each has passed, for pages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::on_uvloop::Known;
use crate::project::{self, ExampleCrate, Project};
use crate::record;
use crate::report::Report;
use crate::workshop::{Bench, Lock};
use crate::{bench_pages, pythons, steps, verify};

/// The topic whose module the exit test must see crash when nothing stops its runtime.
const CONTROL: &str = "native-module";
/// Without the stop, one exit in six crashes, or more: so many of each program show it.
const CONTROL_EXITS: u32 = 30;

/// Exits of every module with an exit test, `exits` for each of its programs, six at a time: all
/// must be clean; and the other tests that can be long. Then the exits of one topic whose runtime nothing
/// stops: the test must see crashes. On uvloop, all but this control.
/// With a `choice`, those of this topic or of this crate alone. What passes with 200 exits or more is written down.
pub fn stress(project: &Project, exits: &str, choice: Option<&str>, uvloop: bool) -> Result<()> {
    let count = exits
        .parse::<u32>()
        .ok()
        .filter(|count| (1..1_000_000).contains(count))
        .with_context(|| format!("{exits}: the number of exits must be a whole number from 1"))?;
    pythons::print_left_out(project)?;
    let crates = chosen(project, choice)?;
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
            choice.unwrap_or("examples")
        );
    }
    let on = if uvloop { " --uvloop" } else { "" };
    let event_loop = if uvloop { "uvloop" } else { "asyncio" };
    let known = uvloop.then(|| Known::load(&project.root)).transpose()?;
    let mut results = Results::load(&project.root)?;
    let report = Report::new(long.len() + controls.len());
    for (example, test) in &long {
        let length = (test.length)(count);
        let name = format!("{}: {length} {}", example.name(), test.what);
        let again = format!("ci/just stress {exits} {}{on}", example.name());
        let passed = report.step(&name, &[], &again, || {
            let mut bench = Bench::set_up(project, example, Lock::Seeded)?;
            let Some(known) = &known else {
                return long_test(&bench, test, length).map(drop);
            };
            bench.use_uvloop(project)?;
            let command = long_command(&bench, test, length)?;
            known.judge(example, &bench.run("env", &words(&command))?, true)
        });
        if count >= RECORDED_FROM {
            let run = Run {
                name: example.name(),
                test: test.file.to_owned(),
                event_loop: event_loop.to_owned(),
                python: project.python_version.clone(),
                length,
                date: record::today(),
                sources: record::hash_of(&project.root, [&example.folder])?,
            };
            results.replace(run, passed)?;
            results.write(&project.root)?;
        }
    }
    for (example, _) in controls {
        let name = format!(
            "{} with the plain bridge: the exit test sees it",
            example.name()
        );
        let again = format!("ci/just stress {exits} {}", example.name());
        report.step(&name, &[], &again, || {
            plain_bridge_fails(project, example, count)
        });
    }
    report.finish()
}

/// The crates of a topic, the one crate of this name, or all, as far as they build for the Python in use.
fn chosen(project: &Project, choice: Option<&str>) -> Result<Vec<ExampleCrate>> {
    let Some(name) = choice.filter(|choice| choice.contains('/')) else {
        return verify::chosen(project, choice);
    };
    let one = project::crates_here(project)?
        .into_iter()
        .find(|example| example.name() == name)
        .with_context(|| {
            format!(
                "no crate of examples/ is called {name}, or none for CPython {}",
                project.python_version
            )
        })?;
    Ok(vec![one])
}

/// A file of tests that a variable makes as long as one likes.
pub struct LongTest {
    file: &'static str,
    pub variable: &'static str,
    /// Its value, for a number of exits.
    length: fn(exits: u32) -> u32,
    what: &'static str,
    /// The head of its column in a table, in English and in Chinese.
    column: [&'static str; 2],
}

const EXIT_TEST: LongTest = LongTest {
    file: "tests/test_clean_exit.py",
    variable: "CLEAN_EXITS",
    length: |exits| exits,
    what: "clean exits of each program",
    column: ["clean exits of each program", "每个程序正常退出"],
};

pub const LONG_TESTS: [LongTest; 6] = [
    EXIT_TEST,
    LongTest {
        file: "tests/test_nothing_is_left.py",
        variable: "LEAK_AWAITS",
        length: |exits| exits * 5000,
        what: "awaits, and a tenth as many that are cancelled, leave nothing behind",
        column: [
            "awaits; a tenth as many cancels",
            "等待，另有十分之一被取消",
        ],
    },
    LongTest {
        file: "tests/test_exit_crash.py",
        variable: "REMEDY_EXITS",
        length: |exits| (exits / 2).max(1),
        what: "exits with each remedy against the crash",
        column: ["exits with each remedy", "每种补救下的退出"],
    },
    LongTest {
        file: "tests/test_signals.py",
        variable: "CTRL_CS",
        length: |exits| exits,
        what: "Ctrl-Cs at random moments",
        column: ["Ctrl-Cs at random moments", "随机时刻的 Ctrl-C"],
    },
    LongTest {
        file: "tests/test_fork.py",
        variable: "FORKS",
        length: |exits| (exits / 4).max(1),
        what: "forks in a row",
        column: ["forks in a row", "连续 fork"],
    },
    LongTest {
        file: "tests/server.rs",
        variable: "REQUESTS",
        length: |exits| exits * 50,
        what: "requests, of which three in ten are cancelled, and none is lost",
        column: ["requests, three in ten cancelled", "请求，其中三成被取消"],
    },
];

/// Builds what the test needs, and gives the arguments for `env` that run it.
fn long_command(bench: &Bench, test: &LongTest, length: u32) -> Result<Vec<String>> {
    let mut command = vec![format!("{}={length}", test.variable)];
    let rust = Path::new(test.file)
        .extension()
        .is_some_and(|end| end == "rs");
    if rust {
        command.extend(["cargo", "test"].map(str::to_owned));
    } else {
        steps::build(bench)?;
        command.push("python".to_owned());
        command.extend(steps::pytest(test.file).map(str::to_owned));
    }
    Ok(command)
}

fn long_test(bench: &Bench, test: &LongTest, length: u32) -> Result<String> {
    let command = long_command(bench, test, length)?;
    bench.must("env", &words(&command))
}

fn words(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}

/// The control: without it, a test that cannot fail would look the same.
///
/// CPython 3.14 hangs threads instead of ending them, so nothing crashes there.
fn plain_bridge_fails(project: &Project, example: &ExampleCrate, exits: u32) -> Result<()> {
    let bench = Bench::set_up(project, example, Lock::Seeded)?;
    let source = bench.folder.join("src/lib.rs");
    // Without it, the runtime is the bridge's own, which nothing stops at exit.
    let set_up = Regex::new(r"(?:crate::)?runtime::set_up\((?:[^()]|\([^()]*\))*\)(\?;)?")
        .context("the pattern is valid")?;
    let text = project::read(&source)?;
    let changed = set_up.replace(&text, |found: &regex::Captures| match found.get(1) {
        Some(_) => "",
        None => "Ok(())",
    });
    if changed == text {
        bail!(
            "{}: calls no `crate::runtime::set_up` that could be taken out",
            source.display()
        );
    }
    project::write_if_changed(&source, changed.as_bytes())?;
    match long_test(&bench, &EXIT_TEST, exits.min(CONTROL_EXITS)) {
        // By a signal, or by what a thread that was ended has printed: which comes first is luck.
        Err(error) if format!("{error:#}").contains("not clean: [(") => Ok(()),
        Err(error) => Err(error.context("the exit test failed, but not by an exit")),
        Ok(_) if project.minor()? >= 14 => Ok(()),
        Ok(_) => bail!("every exit was clean: the exit test proves nothing here"),
    }
}

/// A run with fewer exits than `just stress` has by itself is no result to write down.
const RECORDED_FROM: u32 = 200;

const FILE: &str = "ci/stress.toml";

/// `ci/stress.toml`: the long tests that have passed.
#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    #[serde(default)]
    run: Vec<Run>,
}

/// One long test of one crate, on one Python and one kind of event loop.
#[derive(Serialize, Deserialize)]
struct Run {
    #[serde(rename = "crate")]
    name: String,
    test: String,
    #[serde(rename = "loop")]
    event_loop: String,
    python: String,
    /// How many exits, awaits, or what else the test counts.
    length: u32,
    /// The day, in UTC.
    date: String,
    /// The hash of the crate.
    sources: String,
}

/// What a later run of the same test takes the place of, also on another patch version of this Python.
type Key = (u32, String, String, String);

impl Run {
    fn key(&self) -> Result<Key> {
        Ok((
            project::minor_of(&self.python).context(FILE)?,
            self.name.clone(),
            self.test.clone(),
            self.event_loop.clone(),
        ))
    }
}

impl Results {
    pub fn load(root: &Path) -> Result<Self> {
        let text = project::read(&root.join(FILE))?;
        toml::from_str(&text).with_context(|| format!("{FILE} is malformed"))
    }

    /// Takes out what was there of the same test, and puts the new run in if it passed.
    fn replace(&mut self, new: Run, passed: bool) -> Result<()> {
        let mut runs = BTreeMap::new();
        for run in std::mem::take(&mut self.run) {
            runs.insert(run.key()?, run);
        }
        let key = new.key()?;
        match passed {
            true => runs.insert(key, new),
            false => runs.remove(&key),
        };
        self.run = runs.into_values().collect();
        Ok(())
    }

    fn write(&self, root: &Path) -> Result<()> {
        let text = toml::to_string(self).context("the results are not TOML")?;
        let text = format!(
            "# Which long tests have passed. `just stress` with {RECORDED_FROM} exits or more writes it.\n{text}"
        );
        project::write_if_changed(&root.join(FILE), text.as_bytes())
    }

    /// A row for each Python and kind of loop, a column for each long test: in how many crates it passed, and
    /// how long the shortest was. A star is for a crate that has changed since.
    pub fn table(&self, root: &Path, language: &str) -> Result<String> {
        let chinese = usize::from(language == "zh");
        let changed = self.changed(root)?;
        let mut rows: BTreeMap<_, Vec<&Run>> = BTreeMap::new();
        for run in &self.run {
            let row = (run.key()?.0, run.python.as_str(), run.event_loop.as_str());
            rows.entry(row).or_default().push(run);
        }
        let ran = |test: &&LongTest| self.run.iter().any(|run| run.test == test.file);
        let tests: Vec<_> = LONG_TESTS.iter().filter(ran).collect();
        let mut text = "| CPython |".to_owned();
        for test in &tests {
            text.push_str(&format!(" {} |", test.column[chinese]));
        }
        text.push_str("\n|---|");
        text.push_str(&"---|".repeat(tests.len()));
        for ((_, python, event_loop), runs) in rows {
            let on = if event_loop == "asyncio" {
                ""
            } else {
                ", uvloop"
            };
            text.push_str(&format!("\n| {python}{on} |"));
            for test in &tests {
                let of_test = runs.iter().filter(|run| run.test == test.file);
                text.push_str(&format!(" {} |", cell(of_test.copied(), &changed)));
            }
        }
        if !changed.is_empty() {
            text.push_str(
                [
                    "\n\n\\* A crate has changed since.",
                    "\n\n\\* 之后有 crate 改动过。",
                ][chinese],
            );
        }
        Ok(text)
    }

    /// The hashes that are not those of their crates any more.
    fn changed(&self, root: &Path) -> Result<BTreeSet<&str>> {
        let mut now = BTreeSet::new();
        for example in project::crates(root)? {
            if self.run.iter().any(|run| run.name == example.name()) {
                now.insert(record::hash_of(root, [&example.folder])?);
            }
        }
        let then = self.run.iter().map(|run| run.sources.as_str());
        Ok(then.filter(|sources| !now.contains(*sources)).collect())
    }
}

/// Runs of crates and of tests that are not there.
pub fn problems(root: &Path) -> Result<Vec<String>> {
    let crates = project::crates(root)?;
    let has = |run: &Run| {
        let mut of_name = crates.iter().filter(|example| example.name() == run.name);
        of_name.any(|example| example.folder.join(&run.test).is_file())
    };
    let results = Results::load(root)?;
    let gone = results.run.iter().filter(|run| !has(run));
    Ok(gone
        .map(|run| format!("{FILE}: {} has no {}: delete that run", run.name, run.test))
        .collect())
}

/// Such as `12 × 200`: 200 or more in each of 12 crates; or `200`, in one; or a dash.
fn cell<'a>(runs: impl Iterator<Item = &'a Run>, changed: &BTreeSet<&str>) -> String {
    let runs: Vec<_> = runs.collect();
    let Some(length) = runs.iter().map(|run| run.length).min() else {
        return "–".to_owned();
    };
    let star = runs
        .iter()
        .any(|run| changed.contains(run.sources.as_str()));
    let star = if star { " \\*" } else { "" };
    let times = match runs.len() {
        1 => String::new(),
        crates => format!("{crates} × "),
    };
    format!("{times}{}{star}", bench_pages::grouped(length.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, python: &str, length: u32) -> Run {
        Run {
            name: name.to_owned(),
            test: EXIT_TEST.file.to_owned(),
            event_loop: "asyncio".to_owned(),
            python: python.to_owned(),
            length,
            date: "2026-11-23".to_owned(),
            sources: name.to_owned(),
        }
    }

    #[test]
    fn a_run_takes_the_place_of_the_same_on_another_patch_version() {
        let mut results = Results::default();
        for python in ["3.9.1", "3.10.1", "3.9.2"] {
            results
                .replace(run("a", python, 200), true)
                .expect("a version");
        }
        let pythons: Vec<_> = results.run.iter().map(|run| run.python.as_str()).collect();
        assert_eq!(pythons, ["3.9.2", "3.10.1"]);
    }

    #[test]
    fn what_failed_is_gone() {
        let mut results = Results::default();
        results
            .replace(run("a", "3.9.1", 200), true)
            .expect("a version");
        results
            .replace(run("b", "3.9.1", 200), true)
            .expect("a version");
        results
            .replace(run("a", "3.9.1", 300), false)
            .expect("a version");
        let names: Vec<_> = results.run.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(names, ["b"]);
    }

    #[test]
    fn a_cell_has_the_crates_and_the_shortest_run_and_a_star_if_one_has_changed() {
        let (a, b) = (run("a", "3.9.1", 1_000_000), run("b", "3.9.1", 2_000_000));
        let of = |runs: &[&'static str], changed: &[&str]| {
            let runs = [&a, &b]
                .into_iter()
                .filter(|run| runs.contains(&run.name.as_str()));
            cell(runs, &changed.iter().copied().collect())
        };
        assert_eq!(of(&[], &[]), "–");
        assert_eq!(of(&["a"], &["b"]), "1,000,000");
        assert_eq!(of(&["a", "b"], &[]), "2 × 1,000,000");
        assert_eq!(of(&["a", "b"], &["b"]), "2 × 1,000,000 \\*");
    }
}
