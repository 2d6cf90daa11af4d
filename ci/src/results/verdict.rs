//! What a step proves, and how it ended.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The rows of the table, in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Pages,
    Crates,
    RustBlocks,
    PythonBlocks,
    Manifests,
    Transcripts,
    Outputs,
}

impl Kind {
    /// Each with its name: in `book/words.toml` in lower case, with hyphens.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Pages, "pages"),
        (Self::Crates, "crates"),
        (Self::RustBlocks, "Rust blocks"),
        (Self::PythonBlocks, "Python blocks"),
        (Self::Manifests, "manifest blocks"),
        (Self::Transcripts, "transcripts"),
        (Self::Outputs, "outputs"),
    ];
}

/// One thing that a step proves: a block of one language's page, or a crate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Proof {
    pub kind: Kind,
    /// `en` or `zh`; empty for what both share.
    pub language: String,
    /// The page, from the root, or the crate's name.
    pub file: String,
    /// Where on the page; 0 for a crate.
    pub line: usize,
    /// Which of several things in that line, from 1; 0 for the only one.
    pub part: usize,
}

impl Proof {
    pub fn of_crate(name: &str) -> Self {
        Self { kind: Kind::Crates, language: String::new(), file: name.to_owned(), line: 0, part: 0 }
    }
}

/// How a step ended, as `target/verify.json` keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Verdict {
    pub name: String,
    pub passed: bool,
    /// Whether it passed in an earlier run, and nothing that it reads has changed since.
    pub kept: bool,
    /// Whether it failed beside others, and was decided a second time with the machine to itself.
    #[serde(default)]
    pub alone: bool,
    /// The day it ran, in UTC.
    pub ran: String,
    pub seconds: f64,
    pub proves: Vec<Proof>,
}

/// A step that passed in an earlier run.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pass {
    /// The day it ran, in UTC.
    pub ran: String,
    pub seconds: f64,
    /// The tests that it ran.
    pub tests: BTreeSet<String>,
}

/// Whether all steps that prove a thing have passed, for each thing.
pub fn proofs(steps: &[Verdict]) -> BTreeMap<&Proof, bool> {
    let mut proofs = BTreeMap::new();
    for step in steps {
        for proof in &step.proves {
            *proofs.entry(proof).or_insert(true) &= step.passed;
        }
    }
    proofs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, passed: bool, proves: &[&Proof]) -> Verdict {
        let proves = proves.iter().map(|&proof| proof.clone()).collect();
        Verdict {
            name: name.to_owned(),
            passed,
            kept: false,
            alone: false,
            ran: "2026-11-29".to_owned(),
            seconds: 1.0,
            proves,
        }
    }

    #[test]
    fn a_thing_is_proved_when_all_steps_that_prove_it_have_passed() {
        let [first, second, third] = ["a/tokio", "b/tokio", "c/tokio"].map(Proof::of_crate);
        let steps = [
            step("both", true, &[&third, &first]),
            step("one", false, &[&first, &second]),
            step("again", true, &[&first]),
        ];
        let proofs: Vec<_> =
            proofs(&steps).into_iter().map(|(proof, passed)| (proof.file.as_str(), passed)).collect();
        assert_eq!(proofs, [("a/tokio", false), ("b/tokio", false), ("c/tokio", true)]);
    }

    #[test]
    fn every_kind_has_a_name_of_its_own_and_is_written_in_its_own_way() {
        let names: BTreeSet<&str> = Kind::ALL.iter().map(|(_, name)| *name).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        let kinds = Kind::ALL.map(|(kind, _)| kind);
        let written = serde_json::to_string(&kinds[2..5]).expect("JSON");
        assert_eq!(written, r#"["rust-blocks","python-blocks","manifests"]"#);
        assert!(kinds.is_sorted());
    }
}
