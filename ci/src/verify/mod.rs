//! `test-examples`: every page, block, crate and transcript, against the Python in use.
//!
//! The way of a page: `check` looks at its text, `expand` lets mdBook resolve its includes. Each block then belongs
//! to a step: `rust_blocks`, `manifests`, or one of `crates`, in the copy that `run::sandbox` made of the crate.
//! Steps run in groups, and `group::Run` turns each into a verdict.

pub mod bless;
pub mod cache;
pub mod captures;
pub mod crates;
pub mod expand;
pub mod group;
pub mod job;
pub mod lint;
pub mod manifests;
pub mod older_pyo3;
pub mod python;
pub mod replay;
pub mod report;
pub mod rules;
pub mod rust_blocks;
pub mod step;
pub mod stubs;
pub mod test_output;
pub mod transcript;
pub mod trybuild;
pub mod verify_file;

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::check::{includes, tested_by};
use crate::repo::page::Page;
use crate::repo::problem::{self, Problem};
use crate::repo::{Repo, today};
use crate::results::record::{Record, SOURCES};
use crate::results::verdict::{Kind, Proof};
use crate::run::command::output_of;
use crate::run::project::Project;
use crate::run::queue::{self, Slots};
use crate::verify::cache::Cache;
use crate::verify::crates::CrateGroup;
use crate::verify::expand::Block;
use crate::verify::group::{Group, Run, Single};
use crate::verify::report::Report;
use crate::verify::rust_blocks::RustBlocks;
use crate::verify::step::Step;

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
}

/// Verifies and prints; an error if anything failed.
///
/// Without the GIL each crate is built, and its tests run: what pages show is that of a Python that has it.
pub fn test_examples(project: &Project, choice: &Choice) -> Result<()> {
    project.print_left_out();
    let stand_in = older_pyo3::stand_in(project)?;
    let original = &project.repo;
    let project = stand_in.as_ref().unwrap_or(project);
    println!(
        "CPython {} ({}), crates copied to {}",
        project.python_version,
        project.python.display(),
        project.copies.display()
    );
    let repo = &project.repo;
    let cache = Cache::open(project, choice.fresh)?;
    if project.release.is_free_threaded {
        ensure!(!choice.rust_blocks, "CPython {}: no blocks are verified without the GIL", project.python_version);
        let groups = crate_groups(project, choice, &[], &cache)?.into_iter();
        let groups: Vec<_> = groups.map(|group| Box::new(group) as Box<dyn Group>).collect();
        return run(project, original, choice, &groups, &cache);
    }
    let structure = structure(repo, choice)?;
    let blocks = blocks(project, choice)?;
    let crates = if choice.rust_blocks { Vec::new() } else { crate_groups(project, choice, &blocks, &cache)? };
    let mut groups: Vec<Box<dyn Group + '_>> = Vec::new();
    groups.extend(structure.into_iter().map(|group| Box::new(group) as Box<dyn Group>));
    if !choice.rust_blocks {
        let manifests = manifests::groups(repo, &blocks).into_iter();
        groups.extend(manifests.map(|group| Box::new(group) as Box<dyn Group>));
    }
    if choice.only.is_none() {
        let rust = RustBlocks::groups(project, &blocks, &cache)?.into_iter();
        groups.extend(rust.map(|group| Box::new(group) as Box<dyn Group>));
    }
    groups.extend(crates.into_iter().map(|group| Box::new(group) as Box<dyn Group>));
    run(project, original, choice, &groups, &cache)
}

/// Runs the groups, and writes down what a whole run proved of the tree that it is about.
fn run(
    project: &Project,
    original: &Repo,
    choice: &Choice,
    groups: &[Box<dyn Group + '_>],
    cache: &Cache<'_>,
) -> Result<()> {
    let steps: usize = groups.iter().map(|group| group.steps().len()).sum();
    let names_count = choice.is_whole() && !project.release.is_free_threaded;
    let report = Report::new(steps + usize::from(names_count));
    let run = Run { report: &report, cache, slots: Slots::new(queue::workers()) };
    let keyed: Vec<_> = groups.iter().enumerate().collect();
    queue::each(
        &keyed,
        queue::workers(),
        |(number, group)| group.exclusive_key().unwrap_or_else(|| number.to_string()),
        |(_, group)| {
            let steps = group.steps();
            let wanted: Vec<&Step> = steps.into_iter().filter(|step| !run.is_kept(step)).collect();
            if !wanted.is_empty() {
                group.run(&wanted, &run);
            }
        },
    );
    if !choice.is_whole() {
        return report.finish();
    }
    decide_again(groups, &report, cache);
    if names_count {
        named_tests_ran(project, &report);
    }
    let written = write_record(project, original, &report).and_then(|()| cache.forget_the_others());
    report.finish()?;
    written
}

/// More steps than these fail for another reason than a busy machine.
const DECIDED_AGAIN_AT_MOST: usize = 20;

/// Runs what failed once more, one after the other: a claim about time may fail beside others without being wrong.
/// A topic's run doesn't: who works on a crate sees at once what depends on the load.
fn decide_again(groups: &[Box<dyn Group + '_>], report: &Report, cache: &Cache<'_>) {
    let failed = report.failed();
    // What has no key only reads files: it fails again.
    let depends_on_load = |step: &&Step| step.key.is_some() && failed.contains(&step.name);
    let again: Vec<(&Box<dyn Group + '_>, Vec<&Step>)> = groups
        .iter()
        .map(|group| (group, group.steps().into_iter().filter(depends_on_load).collect()))
        .filter(|(_, steps): &(_, Vec<&Step>)| !steps.is_empty())
        .collect();
    let names: BTreeSet<String> = again.iter().flat_map(|(_, steps)| steps).map(|step| step.name.clone()).collect();
    if names.is_empty() || names.len() > DECIDED_AGAIN_AT_MOST {
        return;
    }
    report.take_back(names);
    let run = Run { report, cache, slots: Slots::new(1) };
    for (group, wanted) in again {
        group.run(&wanted, &run);
    }
}

/// The checks of the tree: a step each, which proves the pages in which nothing was found. With a topic, what is
/// wrong elsewhere does not count: its author may not be done there.
fn structure<'a>(repo: &'a Repo, choice: &'a Choice) -> Result<Vec<Single<'a>>> {
    let mut groups = Vec::new();
    for (name, find) in crate::check::CHECKS {
        let mut problems = find(repo)?;
        if let Some(of) = &choice.of {
            problems.retain(|problem| is_about(repo, choice, of, problem));
        }
        let wrong: BTreeSet<&str> = problems.iter().map(|one| one.file.as_str()).collect();
        let pages = repo.pages.iter().filter(|page| choice.wants_page(page));
        let proved = pages.filter(|page| problems.is_empty() || wrong.contains(page.file().as_str()));
        let proofs = proved.map(|page| Proof {
            kind: Kind::Pages,
            language: page.language.clone(),
            file: page.file(),
            line: 0,
            part: 0,
        });
        groups.push(Single {
            step: Step {
                name: name.to_owned(),
                proofs: proofs.collect(),
                again: "ci/just check".to_owned(),
                of_crate: None,
                key: None,
            },
            work: Box::new(move || problem::none(&problems)),
        });
    }
    Ok(groups)
}

fn is_about(repo: &Repo, choice: &Choice, of: &str, problem: &Problem) -> bool {
    let of_crate = repo.crates.iter().any(|one| one.is_of(of) && problem.file.starts_with(&one.dir));
    let mut pages = repo.pages.iter().filter(|page| choice.wants_page(page));
    of_crate || pages.any(|page| page.file() == problem.file)
}

/// The blocks that are asked for and that run here. Only pages whose includes are in order can be expanded.
fn blocks(project: &Project, choice: &Choice) -> Result<Vec<Block>> {
    let repo = &project.repo;
    let broken: BTreeSet<String> = includes::unresolved(repo).into_iter().map(|one| one.file).collect();
    let pages = repo.pages.iter().filter(|page| choice.wants_page(page));
    let (sound, _): (Vec<&Page>, Vec<&Page>) = pages.partition(|page| !broken.contains(&page.file()));
    let bridges: Vec<_> = project.bridges().collect();
    let runs_here = |block: &Block| {
        let file = block.example();
        file.is_none_or(|file| {
            repo.exempt.runs_here(file.topic) && (block.kind != "rust" || bridges.contains(&file.bridge))
        })
    };
    let mut blocks = expand::expand(project, &sound, broken.is_empty())?;
    blocks.retain(runs_here);
    Ok(blocks)
}

fn crate_groups<'a>(
    project: &'a Project,
    choice: &Choice,
    blocks: &'a [Block],
    cache: &'a Cache,
) -> Result<Vec<CrateGroup<'a>>> {
    let mut groups = Vec::new();
    for example in project.crates(choice.of.as_deref())? {
        let mut group = CrateGroup::plan(project, example, blocks, cache)?;
        if let Some(only) = &choice.only {
            group.reduce(only);
        }
        groups.push(group);
    }
    Ok(groups)
}

/// A test that exists may still not be one that cargo or pytest collects.
fn named_tests_ran(project: &Project, report: &Report) {
    let step = Step {
        name: "tests named on the pages have run".to_owned(),
        proofs: Vec::new(),
        again: "ci/just test-examples".to_owned(),
        of_crate: None,
        key: None,
    };
    let here = project.repo.crates.iter().filter(|example| project.can_run(example));
    let here: BTreeSet<String> = here.map(|example| example.name()).collect();
    report.step(&step, || problem::none(&tested_by::not_run(&project.repo, &here, &report.tests())));
}

/// Writes what the run proved, if the tree is still the one that it began with.
fn write_record(project: &Project, repo: &Repo, report: &Report) -> Result<()> {
    let rustc = output_of(Command::new("rustc").arg("--version"))?;
    let version = rustc.split(' ').nth(1);
    ensure!(version.is_some(), "rustc --version printed `{rustc}`");
    let record = Record {
        date: today::date(),
        python: project.python_version.clone(),
        rust: version.unwrap_or_default().to_owned(),
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
        let counts = |file: &str| {
            let problem = Problem::new(file, "wrong");
            is_about(&repo, &choice(Some("first")), "first", &problem)
        };
        assert!(counts("book/en/a.md") && counts("examples/first/tokio/src/lib.rs"));
        assert!(!counts("book/en/b.md") && !counts("examples/other/tokio/Cargo.toml"));
        assert!(choice(None).is_whole() && !choice(Some("first")).is_whole());
    }

    /// A step of a program that fails in its first `failures` runs.
    fn failing(name: &str, failures: usize, key: Option<&str>) -> Box<dyn Group> {
        let runs = AtomicUsize::new(0);
        let mut step = Step::of(name.to_owned(), "ci/just check");
        step.key = key.map(str::to_owned);
        let work = move || {
            ensure!(runs.fetch_add(1, Ordering::SeqCst) >= failures, "as the test wants");
            Ok(())
        };
        Box::new(Single { step, work: Box::new(work) })
    }

    fn decided_twice(groups: &[Box<dyn Group + '_>]) -> Vec<(String, bool, bool)> {
        let (repo, folder) = (tree(&[]), tempfile::tempdir().expect("a folder"));
        let cache = crate::verify::cache::tests::cache(&repo, folder.path());
        let report = Report::new(groups.len());
        let run = Run { report: &report, cache: &cache, slots: Slots::new(1) };
        for group in groups {
            group.run(&group.steps(), &run);
        }
        decide_again(groups, &report, &cache);
        assert_eq!(report.verdicts().len(), groups.len());
        report.verdicts().into_iter().map(|step| (step.name, step.passed, step.alone)).collect()
    }

    #[test]
    fn what_failed_runs_once_more_alone_and_its_record_says_so() {
        let groups = [
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
        let groups: Vec<_> = numbers.map(|number| failing(&number.to_string(), 1, Some("key"))).collect();
        assert!(decided_twice(&groups).iter().all(|(_, passed, alone)| !passed && !alone));
    }
}
