//! The road from a block, a crate or a page to its verdict: steps run in groups, and `Run` decides each.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::run::queue::Slots;
use crate::verify::cache::Cache;
use crate::verify::report::Report;
use crate::verify::step::{Outcome, Step};

/// Steps that one piece of work decides.
pub trait Group: Sync {
    fn steps(&self) -> Vec<&Step>;

    /// Groups with one key never run at the same time; `None` may run beside any.
    fn exclusive_key(&self) -> Option<String> {
        None
    }

    /// Decides these of its steps.
    fn run(&self, wanted: &[&Step], run: &Run);
}

/// A step that needs nothing but a function.
pub struct Single<'a> {
    pub step: Step,
    pub work: Box<dyn Fn() -> Result<()> + Sync + 'a>,
}

impl Group for Single<'_> {
    fn steps(&self) -> Vec<&Step> {
        vec![&self.step]
    }

    fn run(&self, wanted: &[&Step], run: &Run) {
        for step in wanted {
            run.decide(step, || (self.work)().map(|()| BTreeSet::new()));
        }
    }
}

/// One run: where verdicts go, what is kept of earlier runs, and how much may happen at once.
pub struct Run<'a> {
    pub report: &'a Report,
    pub cache: &'a Cache<'a>,
    pub slots: Slots,
}

impl Run<'_> {
    /// Does the work of a step when there is a free slot, and reports it; whether it passed.
    pub fn decide(&self, step: &Step, work: impl FnOnce() -> Outcome) -> bool {
        let _slot = self.slots.take();
        self.report.begin(&step.name);
        let start = Instant::now();
        let outcome = work();
        self.end(step, start.elapsed(), outcome)
    }

    /// Reports a step that is decided, and keeps its pass.
    pub fn end(&self, step: &Step, took: Duration, outcome: Outcome) -> bool {
        let outcome = outcome.and_then(|tests| {
            self.cache.keep(step, took, &tests)?;
            Ok(tests)
        });
        self.report.end(step, took, &outcome);
        outcome.is_ok()
    }

    /// Whether a pass of the step is kept: then that is reported.
    pub fn is_kept(&self, step: &Step) -> bool {
        let pass = step.key.as_ref().and_then(|key| self.cache.find(key));
        if let Some(pass) = &pass {
            self.report.keep(step, pass);
        }
        pass.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;

    use super::*;
    use crate::repo::tests::tree;
    use crate::results::verdict::Proof;
    use crate::verify::cache::tests::cache;

    fn step(name: &str) -> Step {
        let mut step = Step::of(name.to_owned(), "ci/just check");
        step.proofs.push(Proof::of_crate(name));
        step
    }

    fn decided(report: &Report, cache: &Cache, groups: &[Single]) {
        let run = Run { report, cache, slots: Slots::new(2) };
        for group in groups {
            let wanted: Vec<&Step> = group.steps().into_iter().filter(|step| !run.is_kept(step)).collect();
            if !wanted.is_empty() {
                group.run(&wanted, &run);
            }
        }
    }

    #[test]
    fn a_step_that_fails_fails_the_run_and_what_it_proves_is_not_proved() {
        let (repo, folder) = (tree(&[]), tempfile::tempdir().expect("a folder"));
        let (report, cache) = (Report::new(2), cache(&repo, folder.path()));
        let groups = [
            Single { step: step("good"), work: Box::new(|| Ok(())) },
            Single { step: step("bad"), work: Box::new(|| bail!("as the test wants")) },
        ];
        decided(&report, &cache, &groups);
        let verdicts: Vec<(String, bool)> =
            report.verdicts().into_iter().map(|verdict| (verdict.name, verdict.passed)).collect();
        assert_eq!(verdicts, [("good".to_owned(), true), ("bad".to_owned(), false)]);
        let error = report.finish().expect_err("one failed");
        assert_eq!(error.to_string(), "1 of 2 steps failed");
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
            let report = Report::new(1);
            let run = Run { report: &report, cache: &cache, slots: Slots::new(1) };
            let mut tests = step("tests");
            (tests.of_crate, tests.key) = (Some("first/tokio".to_owned()), Some("key".to_owned()));
            if !run.is_kept(&tests) {
                run.decide(&tests, work);
            }
            assert!(report.tests()["first/tokio"].contains("it_holds"));
            report.finish().expect("it passed");
        }
        assert_eq!(runs.into_inner(), 1);
    }
}
