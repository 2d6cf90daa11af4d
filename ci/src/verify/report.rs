//! What the person at the terminal sees: each step as it ends, what went wrong, and the table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::repo::problem::Problem;
use crate::repo::today;
use crate::results::verdict::{self, Kind, Pass, Proof, Verdict};
use crate::verify::step::{Outcome, Step};

/// What a log that is cut at its beginning still shows of each failure.
const LINES_AT_THE_END: usize = 12;

/// Collects the verdicts of steps that run side by side.
pub struct Report {
    total: usize,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: BTreeSet<String>,
    verdicts: Vec<Verdict>,
    /// What went wrong in each step that failed, by its name.
    failures: BTreeMap<String, String>,
    /// The steps that are decided a second time.
    alone: BTreeSet<String>,
    tests: BTreeMap<String, BTreeSet<String>>,
}

impl State {
    /// The line of the verdict that came last.
    fn print(&self, total: usize, word: &str, took: &str) {
        let name = self.verdicts.last().map_or("", |verdict| &verdict.name);
        clear_running();
        println!("[{:>3}/{total}] {word} {took}  {name}", self.verdicts.len());
    }
}

impl Report {
    pub fn new(total: usize) -> Self {
        Self { total, start: Instant::now(), state: Mutex::default() }
    }

    /// Runs a step and reports it, where no pass is kept.
    pub fn step(&self, step: &Step, work: impl FnOnce() -> Result<()>) -> bool {
        self.begin(&step.name);
        let start = Instant::now();
        let outcome = work().map(|()| BTreeSet::new());
        self.end(step, start.elapsed(), &outcome);
        outcome.is_ok()
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

    pub fn end(&self, step: &Step, took: Duration, outcome: &Outcome) {
        let mut state = self.lock();
        state.running.remove(&step.name);
        let alone = state.alone.contains(&step.name);
        state.verdicts.push(Verdict {
            name: step.name.clone(),
            passed: outcome.is_ok(),
            kept: false,
            alone,
            ran: today::date(),
            seconds: took.as_secs_f64(),
            proves: step.proofs.clone(),
        });
        let word = if outcome.is_ok() { "ok    " } else { "FAILED" };
        state.print(self.total, word, &format!("{:>6.1} s", took.as_secs_f64()));
        match outcome {
            Ok(tests) => state.ran(step, tests),
            Err(error) => {
                let why = format!("{error:#}");
                print_failure(step, &why);
                state.failures.insert(step.name.clone(), why);
            }
        }
        show_running(&state);
    }

    /// Reports a step that is not run: it passed before.
    pub fn keep(&self, step: &Step, pass: &Pass) {
        let mut state = self.lock();
        state.verdicts.push(Verdict {
            name: step.name.clone(),
            passed: true,
            kept: true,
            alone: false,
            ran: pass.ran.clone(),
            seconds: pass.seconds,
            proves: step.proofs.clone(),
        });
        state.print(self.total, "kept", &pass.ran);
        state.ran(step, &pass.tests);
        show_running(&state);
    }

    /// The tests of each crate that ran, or that were skipped with a reason, until now.
    pub fn tests(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.lock().tests.clone()
    }

    /// The names of the steps that failed.
    pub fn failed(&self) -> BTreeSet<String> {
        self.lock().failures.keys().cloned().collect()
    }

    /// Forgets how these steps ended: they are decided again.
    pub fn take_back(&self, names: BTreeSet<String>) {
        let mut state = self.lock();
        state.failures.retain(|name, _| !names.contains(name));
        state.verdicts.retain(|verdict| !names.contains(&verdict.name));
        clear_running();
        println!("{} failed beside others: each runs once more, with the machine to itself", names.len());
        state.alone = names;
    }

    /// The steps that have ended.
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.lock().verdicts.clone()
    }

    /// Prints the table and the last line; an error if a step failed.
    pub fn finish(self) -> Result<()> {
        let seconds = self.start.elapsed().as_secs_f64();
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        clear_running();
        print_table(&state.verdicts);
        println!("{:<16} {seconds:>6.1}\n", "seconds");
        state.print_what_to_look_at();
        let failed = state.verdicts.iter().filter(|step| !step.passed).count();
        let kept = state.verdicts.iter().filter(|step| step.kept).count();
        let ran = state.verdicts.len() - failed - kept;
        if kept > 0 {
            println!(
                "kept: nothing that these steps read has changed since they passed on that day; --fresh runs them"
            );
            println!("{ran} passed, {kept} kept, {failed} failed");
        } else {
            println!("{ran} passed, {failed} failed");
        }
        ensure!(failed == 0, "{failed} of {} steps failed", state.verdicts.len());
        let lost = self.total.abs_diff(state.verdicts.len());
        ensure!(lost == 0, "{lost} of {} steps have no verdict: a bug of these checks", self.total);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Near the end, where it is seen: steps that passed only alone, and the first lines of each failure.
    fn print_what_to_look_at(&self) {
        for step in self.verdicts.iter().filter(|step| step.alone && step.passed) {
            println!("passed only alone: {}", step.name);
        }
        for (name, why) in &self.failures {
            println!("FAILED {name}");
            let lines: Vec<&str> = why.lines().collect();
            for line in lines.iter().take(LINES_AT_THE_END) {
                println!("    {line}");
            }
            if lines.len() > LINES_AT_THE_END {
                println!("    ({} more lines above)", lines.len() - LINES_AT_THE_END);
            }
        }
    }

    fn ran(&mut self, step: &Step, tests: &BTreeSet<String>) {
        if let Some(name) = &step.of_crate {
            self.tests.entry(name.clone()).or_default().extend(tests.iter().cloned());
        }
    }
}

/// What went wrong, where pages show it, and the command that repeats it; on GitHub also beside the lines.
fn print_failure(step: &Step, why: &str) {
    let shown = step.proofs.iter().filter(|proof| proof.line > 0);
    for proof in shown.clone() {
        println!("    shown at {}:{}", proof.file, proof.line);
    }
    for line in why.lines() {
        println!("    {line}");
    }
    let again = again(step);
    println!("    again: {again}");
    if std::env::var_os("GITHUB_ACTIONS").is_some() {
        for proof in shown {
            let what = format!("{}\n{why}\nagain: {again}", step.name);
            println!("{}", Problem::at(&proof.file, proof.line, what).annotation());
        }
    }
}

/// The command that repeats the step, with the Python that this run was given.
fn again(step: &Step) -> String {
    let set =
        ["PYTHON", "GUIDE_VENV"].iter().filter_map(|name| Some(format!("{name}={} ", std::env::var(name).ok()?)));
    format!("{}{}", set.collect::<String>(), step.again)
}

/// For each kind of thing how many are proved, or how many of how many.
fn print_table(verdicts: &[Verdict]) {
    let proofs = verdict::proofs(verdicts);
    println!("\n{:<16} {:>6} {:>6}", "proved", "en", "zh");
    for (kind, name) in Kind::ALL {
        let count = |language: &str| {
            let of = |proof: &Proof| proof.kind == kind && (proof.language == language || proof.language.is_empty());
            let of = proofs.iter().filter(|(proof, _)| of(proof));
            let all: Vec<bool> = of.map(|(_, passed)| *passed).collect();
            let passed = all.iter().filter(|passed| **passed).count();
            if passed == all.len() { passed.to_string() } else { format!("{passed}/{}", all.len()) }
        };
        println!("{:<16} {:>6} {:>6}", name, count("en"), count("zh"));
    }
}

/// On a terminal, one line that is rewritten says what is running.
fn show_running(state: &State) {
    if std::io::stderr().is_terminal() && !state.running.is_empty() {
        let names: Vec<&str> = state.running.iter().map(String::as_str).collect();
        let line: String = format!("running: {}", names.join(", ")).chars().take(100).collect();
        eprint!("{line}");
        let _ = std::io::stderr().flush();
    }
}

fn clear_running() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[2K");
    }
}
