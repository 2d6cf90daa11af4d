//! `ci/matrix.toml`: the Pythons on which every page and crate has passed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::repo::{Bridge, Release, Repo, words::Words};
use crate::results::{self, record};

pub const MATRIX: &str = "ci/matrix.toml";

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
    /// The version of pyo3, if it is not that of the examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pyo3: Option<String>,
    /// The crates of this guide's bridge, and of each other one that builds for this Python.
    pub crates: BTreeMap<String, usize>,
}

impl Matrix {
    /// Oldest first; what another pyo3 than that of the examples passed on names it.
    pub fn versions(&self, words: &Words) -> Vec<String> {
        let version = |one: &Passed| match &one.pyo3 {
            None => one.version.clone(),
            Some(pyo3) => words.say("matrix.with-pyo3").put("version", &one.version).put("pyo3", pyo3).done(),
        };
        self.python.iter().map(version).collect()
    }

    /// A row for each Python: its version, the crates of each bridge, the steps, the day. A star is for a run
    /// of pages or crates that have changed since. Below it stands what a run without the GIL is, and where the others are.
    pub fn table(&self, repo: &Repo, words: &Words) -> String {
        let folder = |bridge: Bridge| words.say("matrix.crates").put("folder", bridge.examples()).done();
        let [ours, before] = Bridge::ALL.map(folder);
        let head = ["CPython".to_owned(), ours, before, words.text("matrix.steps"), words.text("matrix.day")];
        let sources = repo.hash_of(record::SOURCES);
        let rows = self.python.iter().map(|one| {
            let count = |bridge: Bridge| one.crates.get(bridge.examples()).map_or("–".to_owned(), usize::to_string);
            let [ours, before] = Bridge::ALL.map(count);
            let star = if one.sources == sources { "" } else { " \\*" };
            vec![one.version.clone(), ours, before, one.steps.to_string(), format!("{}{star}", one.date)]
        });
        let mut parts = vec![results::table(&head, "---", rows)];
        if self.python.iter().any(|one| one.sources != sources) {
            parts.push(words.text("matrix.changed"));
        }
        let without_gil = |one: &&Passed| Release::of(&one.version).is_ok_and(|release| release.is_free_threaded);
        let without_gil: Vec<&Passed> = self.python.iter().filter(without_gil).collect();
        if !without_gil.is_empty() {
            parts.push(words.text("matrix.free-threaded"));
        }
        let older: Vec<_> = without_gil.iter().filter_map(|one| Some((&one.version, one.pyo3.as_ref()?))).collect();
        let note = |(version, pyo3)| words.say("matrix.older").put("version", version).put("pyo3", pyo3).done();
        parts.extend(older.iter().copied().map(note));
        if !older.is_empty() && older.len() == without_gil.len() {
            parts.push(words.text("matrix.weekly"));
        }
        parts.join("\n\n")
    }
}

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
            pyo3: None,
            crates: crates.iter().map(|(folder, count)| ((*folder).to_owned(), *count)).collect(),
        };
        let now = repo.hash_of(record::SOURCES);
        let both = [("examples", 2), ("examples/pyo3-asyncio", 1)];
        let mut matrix = Matrix { python: vec![passed("3.9.18", "old", &both), passed("3.14.1", &now, &both[..1])] };
        assert_eq!(matrix.versions(&words), ["3.9.18", "3.14.1"]);
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

    #[test]
    fn a_run_without_the_gil_says_what_it_was_and_with_which_pyo3() {
        let repo = tree(&[("book/words.toml", include_str!("../../../book/words.toml"))]);
        let [en, zh] = ["en", "zh"].map(|language| Words::of(&repo, language).expect("words"));
        let row = |version: &str, pyo3: Option<&str>| Passed {
            version: version.to_owned(),
            date: "2026-11-29".to_owned(),
            sources: repo.hash_of(record::SOURCES),
            steps: 7,
            pyo3: pyo3.map(str::to_owned),
            crates: BTreeMap::from([("examples".to_owned(), 2)]),
        };
        let mut matrix = Matrix { python: vec![row("3.13.0", None), row("3.13.5t", Some("0.28.3"))] };
        assert_eq!(matrix.versions(&en), ["3.13.0", "3.13.5t (pyo3 0.28.3)"]);
        assert_eq!(matrix.versions(&zh), ["3.13.0", "3.13.5t（pyo3 0.28.3）"]);
        let below = |matrix: &Matrix| {
            let table = matrix.table(&repo, &en);
            table.rsplit_once("|\n\n").map_or(String::new(), |(_, below)| below.to_owned())
        };
        let is = "3.13.5t ran with pyo3 0.28.3";
        let weekly = "3.14t";
        let said = below(&matrix);
        assert!(said.contains("without the GIL") && said.contains(is) && said.contains(weekly), "{said}");
        matrix.python.push(row("3.14.1t", None));
        let said = below(&matrix);
        assert!(said.contains(is) && !said.contains("workflow"), "{said}");
        matrix.python.truncate(1);
        assert_eq!(below(&matrix), "");
    }
}
