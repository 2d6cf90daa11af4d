//! What the person at the terminal sees: each step as it ends, what went wrong, and the table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Result;

/// The rows of the table, in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
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
    const ALL: [Self; 7] = [
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
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proof {
    pub kind: Kind,
    /// `en` or `zh`; empty for what both share.
    pub language: String,
    /// The page and line, or the crate.
    pub at: String,
}

/// Collects the verdicts of steps that run side by side.
pub struct Report {
    total: usize,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: usize,
    failed: usize,
    running: BTreeSet<String>,
    proofs: BTreeMap<Proof, bool>,
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

    pub fn end(
        &self,
        name: &str,
        proofs: &[Proof],
        again: &str,
        took: Duration,
        verdict: &Result<()>,
    ) {
        let mut state = self.lock();
        state.running.remove(name);
        state.done += 1;
        for proof in proofs {
            let passed = state.proofs.entry(proof.clone()).or_insert(true);
            *passed &= verdict.is_ok();
        }
        clear_running();
        let word = if verdict.is_ok() { "ok    " } else { "FAILED" };
        println!(
            "[{:>3}/{}] {word} {:>6.1} s  {name}",
            state.done,
            self.total,
            took.as_secs_f64()
        );
        if let Err(error) = verdict {
            state.failed += 1;
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

    /// Prints the table and the last line; the error makes the process fail.
    pub fn finish(self) -> Result<()> {
        let seconds = self.start.elapsed().as_secs_f64();
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        clear_running();
        println!("\n{:<16} {:>6} {:>6}", "proved", "en", "zh");
        for kind in Kind::ALL {
            let count = |language: &str| {
                let of = |proof: &&Proof| {
                    proof.kind == kind && (proof.language == language || proof.language.is_empty())
                };
                let all: Vec<bool> = state
                    .proofs
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
        println!(
            "{} passed, {} failed",
            state.done - state.failed,
            state.failed
        );
        if state.failed > 0 {
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
