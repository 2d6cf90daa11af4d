//! `test-examples`: every page, block, crate and transcript, against the Python in use.
//!
//! The way of a page: `check` looks at its text, `expand` lets mdBook resolve its includes. Each block then belongs
//! to a step: `rust_blocks`, `manifests`, or one of `crates`, in the copy that `run::sandbox` made of the crate.
//! Steps run in groups, and `report` turns the outcome of each into a verdict.

pub mod bless;
pub mod cache;
pub mod captures;
pub mod crates;
pub mod expand;
pub mod group;
pub mod lint;
pub mod manifests;
pub mod older_pyo3;
pub mod python;
pub mod report;
pub mod rules;
pub mod rust_blocks;
pub mod step;
pub mod stubs;
pub mod test_output;
pub mod transcript;
pub mod verify_file;

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::check::{self, includes, tested_by};
use crate::repo::{Bridge, Page, Problem, Repo, problem, today};
use crate::results::record::{Record, SOURCES};
use crate::results::verdict::Kind;
use crate::run::{Project, command::output_of, queue};
pub use crate::verify::cache::Cache;
use crate::verify::crates::CrateGroup;
pub use crate::verify::expand::Block;
use crate::verify::group::Groups;
pub use crate::verify::report::Report;
pub use crate::verify::step::Step;
use crate::verify::step::proof_at;

/// What to verify: everything, one topic or crate (of it, steps with this in their name), or the Rust blocks; and
/// whether steps run of which a pass is kept.
#[derive(Args)]
pub struct Choice {
    /// A topic, or a crate such as native-module/tokio; all without it.
    #[arg(value_name = "TOPIC|CRATE")]
    of: Option<String>,
    /// Of it, steps with this in their name.
    #[arg(long, value_name = "STEP", requires = "of")]
    only: Option<String>,
    /// The Rust blocks of all pages alone.
    #[arg(long, conflicts_with = "of")]
    rust_blocks: bool,
    /// Also steps of which a pass is kept.
    #[arg(long)]
    fresh: bool,
}

impl Choice {
    fn is_whole(&self) -> bool {
        self.of.is_none() && !self.rust_blocks
    }

    /// Whether a page is asked for: all are, or those that show what is chosen.
    fn wants_page(&self, page: &Page) -> bool {
        let mut files = page.includes().filter_map(|include| include.example());
        self.of.as_deref().is_none_or(|choice| files.any(|file| file.is_of(choice)))
    }

    /// Whether a problem counts: with a topic, the author of what is wrong elsewhere may not be done there.
    fn is_about(&self, repo: &Repo, problem: &Problem) -> bool {
        self.of.as_deref().is_none_or(|of| {
            let of_crate = repo.crates.iter().any(|one| one.is_of(of) && problem.file.starts_with(&one.dir));
            of_crate || repo.pages.iter().any(|page| page.file() == problem.file && self.wants_page(page))
        })
    }
}

/// Without the GIL each crate is built, and its tests run: what pages show is that of a Python that has it.
pub fn test_examples(mut project: Project, choice: &Choice) -> Result<()> {
    project.print_left_out();
    let original = older_pyo3::stand_in(&mut project)?;
    let project = &project;
    let (python, has_gil) = (&project.python_version, !project.release.is_free_threaded);
    println!("CPython {python} ({}), crates copied to {}", project.python.display(), project.copies.display());
    ensure!(has_gil || !choice.rust_blocks, "CPython {python}: no blocks are verified without the GIL");
    let locks = project.repo.locks()?;
    let checked = || if has_gil { check::found(&project.repo) } else { Ok(Vec::new()) };
    let blocks = || if has_gil { blocks(project, choice) } else { Ok(Vec::new()) };
    let (checked, (cache, blocks)) =
        queue::both(checked, || queue::both(|| Cache::open(project, &locks, choice.fresh), blocks))?;
    let mut groups = structure(&project.repo, choice, checked);
    if choice.only.is_none() {
        groups.extend(rust_blocks::groups(project, &blocks, &cache)?);
    }
    if !choice.rust_blocks {
        groups.extend(manifests::groups(&project.repo, &blocks, &locks));
        for example in project.crates(choice.of.as_deref())? {
            groups.push(Box::new(CrateGroup::plan(project, example, &blocks, &cache, choice.only.as_deref())?));
        }
    }
    let names_count = choice.is_whole() && has_gil;
    let steps = groups.iter().map(|group| group.steps().len()).sum::<usize>() + usize::from(names_count);
    let report = Report::keeping(steps, &cache);
    let is_wanted = |step: &Step| !report.is_kept(step);
    queue::each(&groups, queue::workers(), |group| group.exclusive_key(), |group| group.run(&is_wanted, &report));
    if !choice.is_whole() {
        return report.finish();
    }
    decide_again(&groups, &report);
    if names_count {
        named_tests_ran(project, &report);
    }
    let written = write_record(project, original.as_ref().unwrap_or(&project.repo), &report)
        .and_then(|()| cache.forget_the_others());
    report.finish()?;
    written
}

/// More steps than these fail for another reason than a busy machine.
const DECIDED_AGAIN_AT_MOST: usize = 20;

/// Runs what failed once more, one after the other: a claim about time may fail beside others without being wrong.
/// A topic's run doesn't: who works on a crate sees at once what depends on the load.
fn decide_again(groups: &Groups, report: &Report) {
    let failed = report.failed();
    // What has no key only reads files: it fails again.
    let depends_on_load = |step: &&Step| step.key.is_some() && failed.contains(&step.name);
    let again = groups.iter().flat_map(|group| group.steps()).filter(depends_on_load);
    let names: BTreeSet<String> = again.map(|step| step.name.clone()).collect();
    if names.is_empty() || names.len() > DECIDED_AGAIN_AT_MOST {
        return;
    }
    report.take_back(&names);
    for group in groups {
        group.run(&|step| names.contains(&step.name), report);
    }
}

/// A step for each check of the tree, which proves the pages in which nothing was found.
fn structure<'a>(repo: &'a Repo, choice: &Choice, checked: Vec<(&str, Vec<Problem>)>) -> Groups<'a> {
    let mut groups = Groups::new();
    for (name, mut problems) in checked {
        problems.retain(|problem| choice.is_about(repo, problem));
        let wrong: BTreeSet<&str> = problems.iter().map(|one| one.file.as_str()).collect();
        let pages = repo.pages.iter().filter(|page| choice.wants_page(page));
        let proved = pages.filter(|page| wrong.is_empty() || wrong.contains(page.file().as_str()));
        let proofs = proved.map(|page| proof_at(Kind::Pages, page, 0));
        let step = Step { proofs: proofs.collect(), ..Step::of(name.to_owned(), "ci/just check") };
        groups.push(Box::new((step, move || problem::none(&problems))));
    }
    groups
}

/// The blocks that are asked for and that run here. Only pages whose includes are in order can be expanded.
fn blocks<'a>(project: &'a Project, choice: &Choice) -> Result<Vec<Block<'a>>> {
    let (repo, minor) = (&project.repo, project.release.minor);
    let broken: BTreeSet<String> = includes::unresolved(repo).into_iter().map(|one| one.file).collect();
    let pages = repo.pages.iter().filter(|page| choice.wants_page(page) && !broken.contains(&page.file()));
    let mut blocks = expand::expand(project, &pages.collect::<Vec<_>>(), broken.is_empty())?;
    blocks.retain(|block| {
        let runs = |bridge: Bridge| block.fence.language() != "rust" || bridge.runs_on(minor);
        block.example().is_none_or(|file| repo.exempt.runs_here(file.topic) && runs(file.bridge))
    });
    Ok(blocks)
}

/// A test that exists may still not be one that cargo or pytest collects.
fn named_tests_ran(project: &Project, report: &Report) {
    let step = Step::of("tests named on the pages have run".to_owned(), "ci/just test-examples");
    let here = project.repo.crates.iter().filter(|example| project.can_run(example));
    let here: BTreeSet<String> = here.map(|example| example.name()).collect();
    report.step(&step, || problem::none(&tested_by::not_run(&project.repo, &here, &report.tests())));
}

/// Writes what the run proved, if the tree is still the one that it began with.
fn write_record(project: &Project, repo: &Repo, report: &Report) -> Result<()> {
    let rustc = output_of(Command::new("rustc").arg("--version"))?;
    let version = rustc.split(' ').nth(1).with_context(|| format!("rustc --version printed `{rustc}`"))?;
    let record = Record {
        date: today::date(),
        python: project.python_version.clone(),
        rust: version.to_owned(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        sources: repo.hash_of(SOURCES),
        steps: report.verdicts(),
        tests: report.tests(),
    };
    if !record.write(repo)? {
        println!("the sources were edited during this run: it is not written down");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::repo::tests::tree;
    use crate::verify::group::Group;

    #[test]
    fn a_topic_can_be_tested_while_another_page_is_not_done() {
        let shown = "# A {#a}\n\n```rust\n{{#include ../../examples/first/tokio/src/lib.rs}}\n```\n";
        let repo = tree(&[
            ("book/en/a.md", shown),
            ("book/en/b.md", "# B {#b}\n"),
            ("examples/other/tokio/Cargo.toml", "[package]\nname = \"other\"\n"),
        ]);
        let choice =
            |of: Option<&str>| Choice { of: of.map(str::to_owned), only: None, rust_blocks: false, fresh: false };
        let counts = |file: &str| choice(Some("first")).is_about(&repo, &Problem::new(file, "wrong"));
        assert!(counts("book/en/a.md") && counts("examples/first/tokio/src/lib.rs"));
        assert!(!counts("book/en/b.md") && !counts("examples/other/tokio/Cargo.toml"));
        assert!(choice(None).is_whole() && !choice(Some("first")).is_whole());
    }

    /// A step of a program that fails in its first `failures` runs.
    fn failing(name: &str, failures: usize, key: Option<&str>) -> Box<dyn Group> {
        let runs = AtomicUsize::new(0);
        let mut step = Step::of(name.to_owned(), "ci/just check");
        step.key = key.map(str::to_owned);
        Box::new((step, move || {
            ensure!(runs.fetch_add(1, Ordering::SeqCst) >= failures, "as the test wants");
            Ok(())
        }))
    }

    fn decided_twice(groups: &Groups) -> Vec<(String, bool, bool)> {
        let report = Report::new(groups.len());
        for group in groups {
            group.run(&|_| true, &report);
        }
        decide_again(groups, &report);
        assert_eq!(report.verdicts().len(), groups.len());
        report.verdicts().into_iter().map(|step| (step.name, step.passed, step.alone)).collect()
    }

    #[test]
    fn what_failed_runs_once_more_alone_and_its_record_says_so() {
        let groups = vec![
            failing("good", 0, Some("a")),
            failing("bad beside others", 1, Some("b")),
            failing("bad", 2, Some("c")),
            failing("reads files", 1, None),
        ];
        let verdicts = [
            ("good", true, false),
            ("reads files", false, false),
            ("bad beside others", true, true),
            ("bad", false, true),
        ];
        assert_eq!(decided_twice(&groups), verdicts.map(|(name, passed, alone)| (name.to_owned(), passed, alone)));
    }

    #[test]
    fn what_breaks_everything_is_not_run_again() {
        let numbers = 0..=DECIDED_AGAIN_AT_MOST;
        let groups: Groups = numbers.map(|number| failing(&number.to_string(), 1, Some("key"))).collect();
        assert!(decided_twice(&groups).iter().all(|(_, passed, alone)| !passed && !alone));
    }
}
