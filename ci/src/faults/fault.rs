//! `ci/faults.toml`: lies that a page, an example or a setting could tell.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::faults::edit::Edit;
use crate::repo::Repo;

const FILE: &str = "ci/faults.toml";

/// A lie, and what must happen.
#[derive(Deserialize)]
pub struct Fault {
    /// The name of its table.
    #[serde(skip)]
    pub kind: String,
    pub name: String,
    #[serde(flatten)]
    edit: Edit,
    #[serde(default)]
    also: Vec<Edit>,
    /// The arguments of `guide` that must fail, such as `test-examples rust-app`.
    pub check: String,
    /// A part of the message that the check must print.
    pub says: String,
    /// A step of which a pass is kept when the fault is planted: the check must run it again all the same.
    pub kept: Option<String>,
}

impl Fault {
    pub fn needs_a_build(&self) -> bool {
        self.check.starts_with("test-")
    }

    /// The test of Python that must fail: with such a fault others may wait for what never comes. Of a run
    /// of one test no other run's pass is found, so not where that pass is the point.
    pub fn test(&self) -> Option<&str> {
        let one = self.check.ends_with("--only pytest") && self.says.starts_with("test_");
        (one && self.kept.is_none()).then_some(self.says.as_str())
    }

    /// Faults with one key are tried one after the other: both copies would build the same crates. `None` is
    /// for a fault that is tried while no other is: the Rust blocks have one folder, and passes that are kept
    /// are of every topic.
    pub fn exclusive_key(&self) -> Option<String> {
        let words: Vec<&str> = self.check.split(' ').collect();
        match words.as_slice() {
            _ if self.kept.is_some() => None,
            ["test-examples", topic, "--only", ..] => Some((*topic).to_owned()),
            ["test-examples", ..] => None,
            // They build in one folder.
            ["test-copies", ..] => Some("test-copies".to_owned()),
            _ => Some(format!("{}: {}", self.kind, self.name)),
        }
    }

    pub fn edits(&self) -> impl Iterator<Item = &Edit> {
        std::iter::once(&self.edit).chain(&self.also)
    }
}

/// All faults, or those of a kind with these words in their name.
pub fn chosen(repo: &Repo, kind: Option<&str>, words: &str) -> Result<Vec<Fault>> {
    let table: BTreeMap<String, Vec<Fault>> = repo.table(FILE)?;
    let kinds: Vec<String> = table.keys().cloned().collect();
    let of_kind = |(kind, faults): (String, Vec<Fault>)| {
        faults.into_iter().map(move |fault| Fault { kind: kind.clone(), ..fault })
    };
    let mut faults: Vec<Fault> = table.into_iter().flat_map(of_kind).collect();
    faults.retain(|fault| kind.is_none_or(|kind| fault.kind == kind && fault.name.contains(words)));
    if let Some(kind) = kind.filter(|_| faults.is_empty()) {
        bail!("no fault has the kind {kind} and “{words}” in its name: the kinds are {}", kinds.join(", "));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const TABLE: &str = "[[crate]]\nname = \"it hangs\"\nfile = \"a\"\nwrite = \"b\"\ncheck = \"test-examples a --only pytest\"\n\
        says = \"test_it_ends\"\n[[link]]\nname = \"it is gone\"\nfile = \"a\"\nremove = true\ncheck = \"build\"\nsays = \"gone\"\n";

    #[test]
    fn faults_are_chosen_by_kind_and_words() {
        let repo = tree(&[(FILE, TABLE)]);
        let names = |kind, words| -> Vec<String> {
            let faults = chosen(&repo, kind, words).expect("some");
            faults.into_iter().map(|fault| format!("{}: {}", fault.kind, fault.name)).collect()
        };
        assert_eq!(names(None, ""), ["crate: it hangs", "link: it is gone"]);
        assert_eq!(names(Some("link"), "gone"), ["link: it is gone"]);
        let error = chosen(&repo, Some("link"), "hangs").err().expect("none");
        assert!(error.to_string().ends_with("the kinds are crate, link"), "{error}");
    }

    #[test]
    fn one_test_of_python_is_asked_for_and_builds_of_one_topic_wait_for_each_other() {
        let repo = tree(&[(FILE, TABLE)]);
        let faults = chosen(&repo, None, "").expect("both");
        assert_eq!(faults[0].test(), Some("test_it_ends"));
        assert_eq!(faults[0].exclusive_key().as_deref(), Some("a"));
        assert!(faults[0].needs_a_build() && !faults[1].needs_a_build());
    }
}
