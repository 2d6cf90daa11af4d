//! `target/verify.json`: what the last whole run of `test-examples` proved, for programs and for the site. A run
//! without the GIL is whole with less, and has a file of its own.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::repo::{Release, Repo, files};
use crate::results::verdict::Verdict;

/// What a run depends on, from the root.
pub const SOURCES: [&str; 7] =
    ["book/en", "book/zh", "book/exempt.toml", "examples", "ci/skeptic", "ci/skeptic-pyo3-asyncio", "Cargo.lock"];

/// One whole run.
#[derive(Serialize, Deserialize)]
pub struct Record {
    /// The day it ended, in UTC, such as `2026-11-22`.
    pub date: String,
    /// CPython's version, such as `3.11.7`.
    pub python: String,
    /// The compiler's version, such as `1.95.0`.
    pub rust: String,
    /// Operating system and processor, such as `linux x86_64`.
    pub system: String,
    /// The hash of all that was verified: a site of other sources must not show this record.
    pub sources: String,
    pub steps: Vec<Verdict>,
    /// The tests of each crate that ran.
    pub tests: BTreeMap<String, BTreeSet<String>>,
}

impl Record {
    /// Writes it, if the tree is still the one that the run began with; whether it is.
    pub fn write(&self, repo: &Repo) -> Result<bool> {
        let unchanged = repo.hash_now(SOURCES)? == self.sources;
        if unchanged {
            let text = serde_json::to_string_pretty(self).context("the record is not JSON")?;
            let file = repo.root.join(file(Release::of(&self.python)?));
            files::write_if_changed(&file, format!("{text}\n").as_bytes())?;
        }
        Ok(unchanged)
    }

    /// The record of these very sources, if they have been verified as a whole. What an older version of this program
    /// wrote is none.
    pub fn of_these_sources(repo: &Repo) -> Option<Self> {
        Self::read(repo, FILE)
    }

    /// The same, if they have been verified on this Python.
    pub fn of_these_sources_on(repo: &Repo, release: Release) -> Option<Self> {
        Self::read(repo, &file(release)).filter(|record| Release::of(&record.python).ok() == Some(release))
    }

    fn read(repo: &Repo, file: &str) -> Option<Self> {
        let record: Self = serde_json::from_str(&files::read(&repo.root.join(file)).ok()?).ok()?;
        (record.sources == repo.hash_of(SOURCES)).then_some(record)
    }

    /// How many steps are so.
    pub fn count(&self, are: impl Fn(&Verdict) -> bool) -> usize {
        self.steps.iter().filter(|step| are(step)).count()
    }

    /// The first day on which one of its steps ran: that of the oldest pass that was kept.
    pub fn since(&self) -> &str {
        self.steps.iter().map(|step| step.ran.as_str()).min().unwrap_or(&self.date)
    }
}

const FILE: &str = "target/verify.json";

/// Where the record of a run on this Python is.
fn file(release: Release) -> String {
    if release.is_free_threaded { format!("target/verify-{release}.json") } else { FILE.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_edited_during_a_run_is_not_said_to_be_verified() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |file: &str, text: &str| {
            files::write_if_changed(&folder.path().join(file), text.as_bytes()).expect("a file");
        };
        write("book/exempt.toml", "");
        write("book/en/a.md", "# A {#a}\n");
        for dir in ["examples/a/tokio", "examples/pyo3-asyncio/a/tokio"] {
            write(&format!("{dir}/Cargo.toml"), "[package]\nname = \"a\"\n");
        }
        let load = || Repo::load(folder.path()).expect("a tree");
        let repo = load();
        let record = Record {
            date: "2026-11-29".to_owned(),
            python: "3.11.7".to_owned(),
            rust: "1.95.0".to_owned(),
            system: "linux".to_owned(),
            sources: repo.hash_of(SOURCES),
            steps: Vec::new(),
            tests: BTreeMap::new(),
        };
        write("book/en/a.md", "# Another {#a}\n");
        assert!(!record.write(&repo).expect("it can be compared"));
        assert!(!folder.path().join(FILE).exists());
        write("book/en/a.md", "# A {#a}\n");
        assert!(record.write(&repo).expect("it can be written"));
        assert!(Record::of_these_sources(&load()).is_some());
        let [ours, other] = ["3.11", "3.11t"].map(|name| Release::of(name).expect("a release"));
        assert!(Record::of_these_sources_on(&load(), ours).is_some());
        // What ran without the GIL takes the place of no other record.
        assert!(Record::of_these_sources_on(&load(), other).is_none());
        let without = Record { python: "3.11.7t".to_owned(), ..record };
        assert!(without.write(&load()).expect("it can be written"));
        assert!(Record::of_these_sources_on(&load(), other).is_some());
        assert_eq!(Record::of_these_sources(&load()).expect("the first").python, "3.11.7");
        write("book/en/a.md", "# Another {#a}\n");
        assert!(Record::of_these_sources(&load()).is_none());
    }
}
