//! `ci/matrix.toml`: the Pythons on which every page and crate has passed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::repo::Repo;
use crate::repo::bridge::Bridge;
use crate::repo::words::Words;
use crate::results::record;

/// `ci/matrix.toml`: the Pythons on which every page and crate has passed.
#[derive(Serialize, Deserialize)]
pub struct Matrix {
    pub python: Vec<Passed>,
}

/// What passed on one Python.
#[derive(Clone, Serialize, Deserialize)]
pub struct Passed {
    pub version: String,
    /// The day it ran, in UTC: the first day, if passes of several days were kept.
    pub date: String,
    /// The hash of all that was verified then.
    pub sources: String,
    pub steps: usize,
    /// The crates of this guide's bridge, and of each other one that builds for this Python.
    pub crates: BTreeMap<String, usize>,
}

impl Matrix {
    /// Oldest first.
    pub fn versions(&self) -> Vec<&str> {
        self.python.iter().map(|one| one.version.as_str()).collect()
    }

    /// A row for each Python: its version, the crates of each bridge, the steps, the day. A star is for a run
    /// of pages or crates that have changed since.
    pub fn table(&self, repo: &Repo, words: &Words) -> String {
        let folder = |bridge: Bridge| words.say("matrix.crates").put("folder", bridge.examples()).done();
        let [one, other] = Bridge::ALL.map(folder);
        let (steps, day) = (words.text("matrix.steps"), words.text("matrix.day"));
        let mut text = format!("| CPython | {one} | {other} | {steps} | {day} |\n|---|---|---|---|---|");
        let sources = repo.hash_of(record::SOURCES);
        for one in &self.python {
            let count = |bridge: Bridge| {
                let count = one.crates.get(bridge.examples());
                count.map_or("–".to_owned(), usize::to_string)
            };
            let [ours, before] = Bridge::ALL.map(count);
            let star = if one.sources == sources { "" } else { " \\*" };
            text.push_str(&format!("\n| {} | {ours} | {before} | {} | {}{star} |", one.version, one.steps, one.date));
        }
        if self.python.iter().any(|one| one.sources != sources) {
            text.push_str(&format!("\n\n{}", words.text("matrix.changed")));
        }
        text
    }
}

pub const MATRIX: &str = "ci/matrix.toml";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn a_star_is_for_a_run_of_what_has_changed_since() {
        let repo = tree(&[("book/words.toml", include_str!("../../../book/words.toml"))]);
        let words = Words::of(&repo, "en").expect("words");
        let passed = |version: &str, sources: &str, crates: &[(&str, usize)]| Passed {
            version: version.to_owned(),
            date: "2026-11-29".to_owned(),
            sources: sources.to_owned(),
            steps: 7,
            crates: crates.iter().map(|(folder, count)| ((*folder).to_owned(), *count)).collect(),
        };
        let now = repo.hash_of(record::SOURCES);
        let both = [("examples", 2), ("examples/pyo3-asyncio", 1)];
        let mut matrix = Matrix { python: vec![passed("3.9.18", "old", &both), passed("3.14.1", &now, &both[..1])] };
        assert_eq!(matrix.versions(), ["3.9.18", "3.14.1"]);
        let table = "| CPython | `examples` crates | `examples/pyo3-asyncio` crates | steps passed | run on |\n\
                     |---|---|---|---|---|\n";
        assert_eq!(
            matrix.table(&repo, &words),
            format!(
                "{table}| 3.9.18 | 2 | 1 | 7 | 2026-11-29 \\* |\n| 3.14.1 | 2 | – | 7 | 2026-11-29 |\n\n\
                 \\* Pages or crates have changed since."
            )
        );
        matrix.python.remove(0);
        assert_eq!(matrix.table(&repo, &words), format!("{table}| 3.14.1 | 2 | – | 7 | 2026-11-29 |"));
    }
}
