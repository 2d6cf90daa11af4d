//! `ci/stress.toml`: which long tests have passed, on which Python.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::repo::{Release, Repo, words::Words};
use crate::results::{self, numbers};

/// `ci/long_tests.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongTests {
    test: Vec<LongTest>,
}

/// A file of tests that a variable makes as long as one likes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongTest {
    pub file: String,
    pub variable: String,
    for_200: u32,
    pub what: String,
}

/// The first is the exit test.
pub static LONG_TESTS: LazyLock<Vec<LongTest>> = LazyLock::new(|| {
    let tests: LongTests = toml::from_str(include_str!("../../long_tests.toml")).expect("the long tests are valid");
    tests.test
});

impl LongTest {
    /// The value of its variable, for a number of exits.
    pub fn length(&self, exits: u32) -> u32 {
        let length = u64::from(exits) * u64::from(self.for_200) / 200;
        u32::try_from(length).unwrap_or(u32::MAX).max(1)
    }

    fn column(&self, words: &Words) -> String {
        words.text(&format!("stress.{}", self.variable.to_lowercase().replace('_', "-")))
    }
}

/// A run with fewer exits than `just stress` has by itself is no result to write down.
pub const RECORDED_FROM: u32 = 200;

pub const STRESS: &str = "ci/stress.toml";

/// `ci/stress.toml`: the long tests that have passed.
#[derive(Default, Serialize, Deserialize)]
pub struct StressResults {
    #[serde(default)]
    pub run: Vec<LongRun>,
}

/// One long test of one crate, on one Python and one kind of event loop.
#[derive(Serialize, Deserialize)]
pub struct LongRun {
    #[serde(rename = "crate")]
    pub name: String,
    pub test: String,
    #[serde(rename = "loop")]
    pub event_loop: String,
    pub python: String,
    /// How many exits, awaits, or what else the test counts.
    pub length: u32,
    /// The day, in UTC.
    pub date: String,
    /// The hash of the crate.
    pub sources: String,
}

/// What a later run of the same test takes the place of, also on another patch version of this Python.
type Key = (Release, String, String, String);

impl LongRun {
    fn key(&self) -> Result<Key> {
        let release = Release::of(&self.python).context(STRESS)?;
        Ok((release, self.name.clone(), self.test.clone(), self.event_loop.clone()))
    }
}

impl StressResults {
    /// Takes out what was there of the same test, and puts the new run in if it passed.
    pub fn replace(&mut self, new: LongRun, passed: bool) -> Result<()> {
        let new = [(new.key()?, passed.then_some(new))];
        self.run = results::replaced(std::mem::take(&mut self.run), LongRun::key, new)?;
        Ok(())
    }

    pub fn write(&self, root: &Path) -> Result<()> {
        let comment =
            format!("Which long tests have passed. `just stress` with {RECORDED_FROM} exits or more writes it.");
        results::write(root, STRESS, &comment, self)
    }

    /// A row for each Python and kind of loop, with the day of its oldest run, and a column for each long test: in how
    /// many crates it passed, and how long the shortest was. A star is for a crate that has changed since.
    pub fn table(&self, repo: &Repo, words: &Words) -> Result<String> {
        let changed = self.changed(repo);
        let mut rows: BTreeMap<_, Vec<&LongRun>> = BTreeMap::new();
        for run in &self.run {
            rows.entry((run.key()?.0, run.python.as_str(), run.event_loop.as_str())).or_default().push(run);
        }
        let ran = |test: &&LongTest| self.run.iter().any(|run| run.test == test.file);
        let tests: Vec<_> = LONG_TESTS.iter().filter(ran).collect();
        let columns = tests.iter().map(|test| test.column(words));
        let head: Vec<String> = ["CPython".to_owned(), words.text("stress.day")].into_iter().chain(columns).collect();
        let rows = rows.into_iter().map(|((_, python, event_loop), runs)| {
            let on = if event_loop == "asyncio" { "" } else { ", uvloop" };
            let cells = tests.iter().map(|test| {
                let of_test = runs.iter().filter(|run| run.test == test.file);
                cell(of_test.copied(), &changed)
            });
            let oldest = runs.iter().map(|run| run.date.clone()).min();
            std::iter::once(format!("{python}{on}")).chain(oldest).chain(cells).collect()
        });
        let table = results::table(&head, "---", rows);
        Ok(if changed.is_empty() { table } else { format!("{table}\n\n{}", words.text("stress.changed")) })
    }

    /// The hashes that are not those of their crates any more.
    fn changed(&self, repo: &Repo) -> BTreeSet<&str> {
        let now = |run: &LongRun| repo.crate_named(&run.name).map(|example| repo.hash_of_crate(example));
        let changed = self.run.iter().filter(|run| now(run).as_ref() != Some(&run.sources));
        changed.map(|run| run.sources.as_str()).collect()
    }
}

/// Such as `12 × 200`: 200 or more in each of 12 crates; or `200`, in one; or a dash.
fn cell<'a>(runs: impl Iterator<Item = &'a LongRun>, changed: &BTreeSet<&str>) -> String {
    let runs: Vec<_> = runs.collect();
    let Some(length) = runs.iter().map(|run| run.length).min() else {
        return "–".to_owned();
    };
    let star = runs.iter().any(|run| changed.contains(run.sources.as_str()));
    let star = if star { " \\*" } else { "" };
    let times = if runs.len() == 1 { String::new() } else { format!("{} × ", runs.len()) };
    format!("{times}{}{star}", numbers::grouped(length.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::files;
    use crate::repo::tests::tree;

    fn run(name: &str, python: &str, length: u32) -> LongRun {
        LongRun {
            name: name.to_owned(),
            test: LONG_TESTS[0].file.clone(),
            event_loop: "asyncio".to_owned(),
            python: python.to_owned(),
            length,
            date: "2026-11-23".to_owned(),
            sources: name.to_owned(),
        }
    }

    #[test]
    fn a_run_takes_the_place_of_the_same_on_another_patch_version() {
        let mut results = StressResults::default();
        for python in ["3.9.1", "3.10.1", "3.9.2"] {
            results.replace(run("a", python, 200), true).expect("a version");
        }
        let pythons: Vec<_> = results.run.iter().map(|run| run.python.as_str()).collect();
        assert_eq!(pythons, ["3.9.2", "3.10.1"]);
    }

    #[test]
    fn what_failed_is_gone() {
        let mut results = StressResults::default();
        results.replace(run("a", "3.9.1", 200), true).expect("a version");
        results.replace(run("b", "3.9.1", 200), true).expect("a version");
        results.replace(run("a", "3.9.1", 300), false).expect("a version");
        let names: Vec<_> = results.run.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(names, ["b"]);
    }

    #[test]
    fn a_cell_has_the_crates_and_the_shortest_run_and_a_star_if_one_has_changed() {
        let (a, b) = (run("a", "3.9.1", 1_000_000), run("b", "3.9.1", 2_000_000));
        let of = |runs: &[&'static str], changed: &[&str]| {
            let runs = [&a, &b].into_iter().filter(|run| runs.contains(&run.name.as_str()));
            cell(runs, &changed.iter().copied().collect())
        };
        assert_eq!(of(&[], &[]), "–");
        assert_eq!(of(&["a"], &["b"]), "1,000,000");
        assert_eq!(of(&["a", "b"], &[]), "2 × 1,000,000");
        assert_eq!(of(&["a", "b"], &["b"]), "2 × 1,000,000 \\*");
    }

    #[test]
    fn a_table_has_a_row_for_each_python_and_loop_and_a_column_for_each_test() {
        let repo = tree(&[("book/words.toml", include_str!("../../../book/words.toml"))]);
        let words = Words::of(&repo, "en").expect("words");
        let now = repo.hash_of_crate(repo.crate_named("first/tokio").expect("there"));
        let of = |python: &str, length: u32| LongRun { sources: now.clone(), ..run("first/tokio", python, length) };
        let (test, date) = ("tests/test_fork.py".to_owned(), "2026-11-21".to_owned());
        let forks = LongRun { test, date, ..of("3.9.1", 50) };
        let on_uvloop = LongRun { event_loop: "uvloop".to_owned(), ..of("3.9.1", 1000) };
        let results = StressResults { run: vec![of("3.10.2", 200), of("3.9.1", 300), forks, on_uvloop] };
        let table = "| CPython | oldest run | clean exits of each program | forks in a row |\n|---|---|---|---|\n\
                     | 3.9.1 | 2026-11-21 | 300 | 50 |\n| 3.9.1, uvloop | 2026-11-23 | 1,000 | – |\n\
                     | 3.10.2 | 2026-11-23 | 200 | – |";
        assert_eq!(results.table(&repo, &words).expect("versions"), table);
        let mut changed = results;
        changed.run[0].sources = "old".to_owned();
        let with_star = table.replace("| 200 |", "| 200 \\* |");
        assert_eq!(
            changed.table(&repo, &words).expect("versions"),
            format!("{with_star}\n\n\\* At least one crate of this cell has changed since its test ran.")
        );
    }

    #[test]
    fn results_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let results = StressResults { run: vec![run("a", "3.9.1", 200)] };
        results.write(folder.path()).expect("a file");
        let text = files::read(&folder.path().join(STRESS)).expect("there");
        assert!(text.starts_with("# Which long tests have passed. `just stress` with 200 exits or more"), "{text}");
        assert!(text.contains("crate = \"a\"\n") && text.contains("loop = \"asyncio\"\n"), "{text}");
        let again: StressResults = toml::from_str(&text).expect("TOML");
        assert_eq!((again.run[0].name.as_str(), again.run[0].length), ("a", 200));
        let error = StressResults::default().replace(run("a", "three", 200), true).expect_err("no version");
        assert_eq!(error.to_string(), STRESS);
    }

    #[test]
    fn each_long_test_has_a_length_even_for_one_exit() {
        let lengths = |exits: u32| {
            LONG_TESTS.iter().map(|test| (test.variable.as_str(), test.length(exits))).collect::<Vec<_>>()
        };
        assert_eq!(
            lengths(200),
            [
                ("CLEAN_EXITS", 200),
                ("LEAK_AWAITS", 1_000_000),
                ("REMEDY_EXITS", 100),
                ("CTRL_CS", 200),
                ("FORKS", 50),
                ("REQUESTS", 10_000),
                ("CANCEL_RACES", 10_000),
            ]
        );
        assert!(lengths(1).iter().all(|(_, length)| *length > 0));
    }
}
