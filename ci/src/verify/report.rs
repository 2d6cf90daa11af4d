//! How each step ends: its verdict, what the person at the terminal sees of it, what went wrong, and the table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::repo::{Problem, today};
use crate::results::verdict::{self, Kind, Pass, Proof, Verdict};
use crate::run::queue::{self, held};
use crate::verify::cache::Cache;
use crate::verify::step::{Outcome, Step};

/// What a log that is cut at its beginning still shows of each failure.
const LINES_AT_THE_END: usize = 12;

/// Collects the verdicts of steps that run side by side.
pub struct Report<'a> {
    total: usize,
    start: Instant,
    cache: Option<&'a Cache<'a>>,
    state: Mutex<State>,
    /// Tells who waits that something has ended.
    freed: Condvar,
}

#[derive(Default)]
struct State {
    /// How much may run at once.
    at_most: usize,
    running: BTreeSet<String>,
    verdicts: Vec<Verdict>,
    /// What went wrong in each step that failed, by its name.
    failures: BTreeMap<String, String>,
    /// The steps that are decided a second time.
    alone: BTreeSet<String>,
    tests: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Report<'a> {
    pub fn new(total: usize) -> Self {
        let state = State { at_most: queue::workers(), ..State::default() };
        Self { total, start: Instant::now(), cache: None, state: Mutex::new(state), freed: Condvar::new() }
    }

    /// One that keeps passes, and finds those of earlier runs.
    pub fn keeping(total: usize, cache: &'a Cache<'a>) -> Self {
        Self { cache: Some(cache), ..Self::new(total) }
    }

    /// Runs a step that tells of no tests; whether it passed.
    pub fn step(&self, step: &Step, work: impl FnOnce() -> Result<()>) -> bool {
        self.decide(step, || work().map(|()| BTreeSet::new()))
    }

    pub fn decide(&self, step: &Step, work: impl FnOnce() -> Outcome) -> bool {
        let (outcome, took) = self.run(&step.name, work);
        self.end(step, took, outcome)
    }

    /// Does work when no more runs than may, and shows that it runs; how long it took.
    pub fn run<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> (Result<T>, Duration) {
        let is_full = |state: &mut State| state.running.len() >= state.at_most;
        let mut state = self.freed.wait_while(held(&self.state), is_full).unwrap_or_else(PoisonError::into_inner);
        state.running.insert(name.to_owned());
        show_running(&state);
        drop(state);
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(work));
        let outcome = outcome.unwrap_or_else(|_| bail!("the check itself panicked, see above"));
        held(&self.state).running.remove(name);
        self.freed.notify_one();
        (outcome, start.elapsed())
    }

    /// Reports a step that is decided, and keeps its pass; whether it is one.
    pub fn end(&self, step: &Step, took: Duration, outcome: Outcome) -> bool {
        let mut pass = Pass { ran: today::date(), seconds: took.as_secs_f64(), tests: BTreeSet::new() };
        let outcome = outcome.and_then(|tests| {
            pass.tests = tests;
            self.cache.map_or(Ok(()), |cache| cache.keep(step, &pass))
        });
        let why = outcome.err().map(|error| format!("{error:#}"));
        self.add(step, &pass, false, why)
    }

    /// Whether a pass of the step is kept: then that is reported.
    pub fn is_kept(&self, step: &Step) -> bool {
        let pass = step.key.as_ref().and_then(|key| self.cache?.find(key));
        pass.is_some_and(|pass| self.add(step, &pass, true, None))
    }

    /// Adds a verdict, and prints its line and why the step failed, if it did; whether it passed.
    fn add(&self, step: &Step, pass: &Pass, kept: bool, why: Option<String>) -> bool {
        let passed = why.is_none();
        let mut state = held(&self.state);
        let verdict = Verdict {
            name: step.name.clone(),
            passed,
            kept,
            alone: state.alone.contains(&step.name),
            ran: pass.ran.clone(),
            seconds: pass.seconds,
            proves: step.proofs.clone(),
        };
        state.verdicts.push(verdict);
        let word = if passed { "ok    " } else { "FAILED" };
        let said = if kept { format!("kept {}", pass.ran) } else { format!("{word} {:>6.1} s", pass.seconds) };
        clear_running();
        println!("[{:>3}/{}] {said}  {}", state.verdicts.len(), self.total, step.name);
        if let Some(why) = why {
            print_failure(step, &why);
            state.failures.insert(step.name.clone(), why);
        } else if let Some(name) = &step.of_crate {
            state.tests.entry(name.clone()).or_default().extend(pass.tests.iter().cloned());
        }
        show_running(&state);
        passed
    }

    /// The tests of each crate that ran, or that were skipped with a reason, until now.
    pub fn tests(&self) -> BTreeMap<String, BTreeSet<String>> {
        held(&self.state).tests.clone()
    }

    pub fn failed(&self) -> BTreeSet<String> {
        held(&self.state).failures.keys().cloned().collect()
    }

    /// Forgets how these steps ended: they are decided again, one after the other.
    pub fn take_back(&self, names: &BTreeSet<String>) {
        let mut state = held(&self.state);
        state.failures.retain(|name, _| !names.contains(name));
        state.verdicts.retain(|verdict| !names.contains(&verdict.name));
        clear_running();
        println!("{} failed beside others: each runs once more, with the machine to itself", names.len());
        state.alone.clone_from(names);
        state.at_most = 1;
    }

    pub fn verdicts(&self) -> Vec<Verdict> {
        held(&self.state).verdicts.clone()
    }

    /// Prints the table and the last line; an error if a step failed.
    pub fn finish(self) -> Result<()> {
        let seconds = self.start.elapsed().as_secs_f64();
        let state = held(&self.state);
        clear_running();
        print_table(&state.verdicts);
        println!("{:<16} {seconds:>6.1}\n", "seconds");
        print_what_to_look_at(&state);
        let count = |is: fn(&&Verdict) -> bool| state.verdicts.iter().filter(is).count();
        let (failed, kept) = (count(|step| !step.passed), count(|step| step.kept));
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
}

/// Near the end, where it is seen: steps that passed only alone, and the first lines of each failure.
fn print_what_to_look_at(state: &State) {
    for step in state.verdicts.iter().filter(|step| step.alone && step.passed) {
        println!("passed only alone: {}", step.name);
    }
    for (name, why) in &state.failures {
        println!("FAILED {name}");
        for line in why.lines().take(LINES_AT_THE_END) {
            println!("    {line}");
        }
        let more = why.lines().skip(LINES_AT_THE_END).count();
        if more > 0 {
            println!("    ({more} more lines above)");
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
    // With the Python that this run was given.
    let set = ["PYTHON", "GUIDE_VENV"].map(|name| std::env::var(name).map(|value| format!("{name}={value} ")));
    let again = format!("{}{}", set.into_iter().flatten().collect::<String>(), step.again);
    println!("    again: {again}");
    if std::env::var_os("GITHUB_ACTIONS").is_some() {
        for proof in shown {
            let what = format!("{}\n{why}\nagain: {again}", step.name);
            println!("{}", Problem::at(&proof.file, proof.line, what).annotation());
        }
    }
}

/// For each kind of thing how many are proved, or how many of how many.
fn print_table(verdicts: &[Verdict]) {
    let proofs = verdict::proofs(verdicts);
    println!("\n{:<16} {:>6} {:>6}", "proved", "en", "zh");
    for (kind, name) in Kind::ALL {
        let count = |language: &str| {
            let of = |proof: &Proof| proof.kind == kind && (proof.language == language || proof.language.is_empty());
            let of = proofs.iter().filter(|(proof, _)| of(proof));
            let (all, passed) = (of.clone().count(), of.filter(|(_, passed)| **passed).count());
            if passed == all { all.to_string() } else { format!("{passed}/{all}") }
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
    }
}

fn clear_running() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[2K");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;

    use super::*;
    use crate::repo::tests::tree;
    use crate::verify::cache::tests::cache;

    fn step(name: &str) -> Step {
        Step { proofs: vec![Proof::of_crate(name)], ..Step::of(name.to_owned(), "ci/just check") }
    }

    #[test]
    fn a_step_that_fails_fails_the_run_and_what_it_proves_is_not_proved() {
        let (repo, folder) = (tree(&[]), tempfile::tempdir().expect("a folder"));
        let cache = cache(&repo, folder.path());
        let report = Report::keeping(3, &cache);
        assert!(report.step(&step("good"), || Ok(())));
        assert!(!report.step(&step("bad"), || bail!("as the test wants")));
        assert!(!report.step(&step("broken"), || panic!("as the test wants")));
        let passed = report.verdicts().into_iter().map(|verdict| (verdict.name, verdict.passed));
        let expected = [("good", true), ("bad", false), ("broken", false)];
        assert_eq!(passed.collect::<Vec<_>>(), expected.map(|(name, passed)| (name.to_owned(), passed)));
        let error = report.finish().expect_err("two failed");
        assert_eq!(error.to_string(), "2 of 3 steps failed");
    }

    #[test]
    fn a_step_that_is_kept_does_not_run_again_and_its_tests_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = "[package]\nname = \"first\"\n";
        let file = folder.path().join("examples/first/tokio/Cargo.toml");
        crate::repo::files::write_if_changed(&file, manifest.as_bytes()).expect("a file");
        let repo = crate::repo::Repo::of(
            folder.path(),
            [
                ("book/exempt.toml", ""),
                ("examples/first/tokio/Cargo.toml", manifest),
                ("examples/pyo3-asyncio/older/tokio/Cargo.toml", manifest),
            ]
            .map(|(file, text)| (file.to_owned(), text.as_bytes().to_vec()))
            .into(),
        )
        .expect("a tree");
        let cache = cache(&repo, folder.path());
        let runs = AtomicUsize::new(0);
        let work = || {
            runs.fetch_add(1, Ordering::SeqCst);
            Ok(BTreeSet::from(["it_holds".to_owned()]))
        };
        for _ in 0..2 {
            let report = Report::keeping(1, &cache);
            let mut tests = step("tests");
            (tests.of_crate, tests.key) = (Some("first/tokio".to_owned()), Some("key".to_owned()));
            if !report.is_kept(&tests) {
                report.decide(&tests, work);
            }
            assert!(report.tests()["first/tokio"].contains("it_holds"));
            report.finish().expect("it passed");
        }
        assert_eq!(runs.into_inner(), 1);
    }

    #[test]
    fn no_more_runs_at_once_than_may() {
        let report = Report::new(50);
        held(&report.state).at_most = 2;
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items: Vec<usize> = (0..50).collect();
        let work = || {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        };
        queue::each(&items, 8, |item| *item, |item| drop(report.run(&item.to_string(), work)));
        assert!(most.into_inner() <= 2);
    }
}
