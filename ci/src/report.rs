//! What the person at the terminal sees: each step as it ends, what went wrong, and the table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::kept::Pass;
use crate::record;

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
    pub const ALL: [Self; 7] = [
        Self::Pages,
        Self::Crates,
        Self::RustBlocks,
        Self::PythonBlocks,
        Self::Manifests,
        Self::Transcripts,
        Self::Outputs,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Crates => "crates",
            Self::RustBlocks => "Rust blocks",
            Self::PythonBlocks => "Python blocks",
            Self::Manifests => "manifest blocks",
            Self::Transcripts => "transcripts",
            Self::Outputs => "outputs",
        }
    }
}

/// One thing that a step proves: a block of one language's page, or a crate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Proof {
    pub kind: Kind,
    /// `en` or `zh`; empty for what both share.
    pub language: String,
    /// The page and line, or the crate.
    pub at: String,
}

/// One step that has ended, as `target/verify.json` keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ended {
    pub name: String,
    pub passed: bool,
    /// Whether it passed in an earlier run, and nothing that it reads has changed since.
    pub kept: bool,
    /// The day it ran, in UTC.
    pub ran: String,
    pub seconds: f64,
    pub proves: Vec<Proof>,
}

/// Collects the verdicts of steps that run side by side.
pub struct Report {
    total: usize,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: BTreeSet<String>,
    ended: Vec<Ended>,
    tests: BTreeMap<String, BTreeSet<String>>,
}

impl State {
    fn failed(&self) -> usize {
        self.ended.iter().filter(|step| !step.passed).count()
    }

    fn kept(&self) -> usize {
        self.ended.iter().filter(|step| step.kept).count()
    }
}

/// Whether all steps that prove a thing have passed, for each thing.
pub fn proofs(steps: &[Ended]) -> BTreeMap<&Proof, bool> {
    let mut proofs = BTreeMap::new();
    for step in steps {
        for proof in &step.proves {
            *proofs.entry(proof).or_insert(true) &= step.passed;
        }
    }
    proofs
}

impl Report {
    pub fn new(total: usize) -> Self {
        Self {
            total,
            start: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// Runs one step and reports it. `again` is the command that repeats it.
    pub fn step(
        &self,
        name: &str,
        proofs: &[Proof],
        again: &str,
        work: impl FnOnce() -> Result<()>,
    ) -> bool {
        self.begin(name);
        let start = Instant::now();
        let verdict = work();
        self.end(name, proofs, again, start.elapsed(), &verdict);
        verdict.is_ok()
    }

    pub fn begin(&self, name: &str) {
        let mut state = self.lock();
        state.running.insert(name.to_owned());
        show_running(&state);
    }

    /// For work that is reported as several steps.
    pub fn leave(&self, name: &str) {
        self.lock().running.remove(name);
    }

    pub fn end<T>(
        &self,
        name: &str,
        proofs: &[Proof],
        again: &str,
        took: Duration,
        verdict: &Result<T>,
    ) {
        let mut state = self.lock();
        state.running.remove(name);
        state.ended.push(Ended {
            name: name.to_owned(),
            passed: verdict.is_ok(),
            kept: false,
            ran: record::today(),
            seconds: took.as_secs_f64(),
            proves: proofs.to_vec(),
        });
        clear_running();
        let word = if verdict.is_ok() { "ok    " } else { "FAILED" };
        println!(
            "[{:>3}/{}] {word} {:>6.1} s  {name}",
            state.ended.len(),
            self.total,
            took.as_secs_f64()
        );
        if let Err(error) = verdict {
            for proof in proofs.iter().filter(|proof| !proof.language.is_empty()) {
                println!("    shown at {}", proof.at);
            }
            for line in format!("{error:#}").lines() {
                println!("    {line}");
            }
            println!("    again: {again}");
        }
        show_running(&state);
    }

    /// Reports a step that is not run: it passed before.
    pub fn keep(&self, name: &str, proofs: &[Proof], pass: &Pass) {
        let mut state = self.lock();
        state.ended.push(Ended {
            name: name.to_owned(),
            passed: true,
            kept: true,
            ran: pass.ran.clone(),
            seconds: pass.seconds,
            proves: proofs.to_vec(),
        });
        clear_running();
        println!(
            "[{:>3}/{}] kept {}  {name}",
            state.ended.len(),
            self.total,
            pass.ran
        );
        show_running(&state);
    }

    /// Keeps the names of a crate's tests that ran, or that were skipped with a reason.
    pub fn keep_tests(&self, example: &str, names: BTreeSet<String>) {
        let mut state = self.lock();
        state
            .tests
            .entry(example.to_owned())
            .or_default()
            .extend(names);
    }

    /// The tests of each crate, as kept until now.
    pub fn tests(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.lock().tests.clone()
    }

    /// The steps that have ended.
    pub fn ended(&self) -> Vec<Ended> {
        self.lock().ended.clone()
    }

    /// Prints the table and the last line; the error makes the process fail.
    pub fn finish(self) -> Result<()> {
        let seconds = self.start.elapsed().as_secs_f64();
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        clear_running();
        let proofs = proofs(&state.ended);
        println!("\n{:<16} {:>6} {:>6}", "proved", "en", "zh");
        for kind in Kind::ALL {
            let count = |language: &str| {
                let of = |proof: &Proof| {
                    proof.kind == kind && (proof.language == language || proof.language.is_empty())
                };
                let all: Vec<bool> = proofs
                    .iter()
                    .filter(|(proof, _)| of(proof))
                    .map(|(_, passed)| *passed)
                    .collect();
                let passed = all.iter().filter(|passed| **passed).count();
                if passed == all.len() {
                    passed.to_string()
                } else {
                    format!("{passed}/{}", all.len())
                }
            };
            println!("{:<16} {:>6} {:>6}", kind.name(), count("en"), count("zh"));
        }
        println!("{:<16} {seconds:>6.1}\n", "seconds");
        let failed = state.failed();
        let kept = state.kept();
        let ran = state.ended.len() - failed - kept;
        if kept > 0 {
            println!(
                "kept: nothing that these steps read has changed since they passed on that day; --fresh runs them"
            );
            println!("{ran} passed, {kept} kept, {failed} failed");
        } else {
            println!("{ran} passed, {failed} failed");
        }
        if failed > 0 {
            std::process::exit(1)
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// On a terminal, one line that is rewritten says what is running.
fn show_running(state: &State) {
    if std::io::stderr().is_terminal() && !state.running.is_empty() {
        let names: Vec<&str> = state.running.iter().map(String::as_str).collect();
        let line: String = format!("running: {}", names.join(", "))
            .chars()
            .take(100)
            .collect();
        eprint!("{line}");
        let _ = std::io::stderr().flush();
    }
}

fn clear_running() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[2K");
    }
}
