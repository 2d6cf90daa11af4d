//! `test-examples`: every page, block, crate and transcript, against the Python in use.
//!
//! The way of a page: `sources` checks its includes, `expand` lets mdBook resolve them, `parity`
//! compares the editions. Then its blocks go to whoever proves their kind: `rust_blocks`,
//! `manifests`, and `steps` for what runs in a crate, in the copy that `workshop` made of it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};

use crate::expand::{self, Expanded};
use crate::kept::Kept;
use crate::page::{self, Page};
use crate::project::{self, ExampleCrate, Exempt, Project};
use crate::record::Record;
use crate::report::{Kind, Proof, Report};
use crate::steps::{self, Step, Work};
use crate::track::{InExample, Track};
use crate::workshop::{Bench, Lock};
use crate::{
    bench, bench_pages, chinese, diffs, manifests, parity, permanent, pythons, renames,
    rust_blocks, side_by_side, sources, stamps, stress, tested_by,
};

/// What to verify: everything, one topic (of it, steps with this in their name, or those of one crate), or
/// the Rust blocks; and whether steps run of which a pass is kept.
#[derive(Default)]
pub struct Choice {
    topic: Option<String>,
    only: Option<String>,
    crate_name: Option<String>,
    rust_blocks_only: bool,
    fresh: bool,
}

impl Choice {
    pub fn parse(arguments: &[&str]) -> Result<Self> {
        let (mut topic, mut only, mut crate_name, mut rust_blocks_only) = (None, None, None, false);
        let (fresh, arguments): (Vec<&str>, Vec<&str>) =
            arguments.iter().partition(|word| **word == "--fresh");
        match arguments.as_slice() {
            [] => {}
            ["--rust-blocks"] => rust_blocks_only = true,
            [name] if !name.starts_with('-') => topic = Some((*name).to_owned()),
            [name, "--only", step] => {
                (topic, only) = (Some((*name).to_owned()), Some((*step).to_owned()))
            }
            [name, "--only", step, "--crate", example] => {
                (topic, only) = (Some((*name).to_owned()), Some((*step).to_owned()));
                crate_name = Some((*example).to_owned());
            }
            _ => bail!(
                "test-examples takes a TOPIC, TOPIC --only STEP [--crate CRATE], or --rust-blocks, and --fresh"
            ),
        }
        Ok(Self {
            topic,
            only,
            crate_name,
            rust_blocks_only,
            fresh: !fresh.is_empty(),
        })
    }

    /// What is not asked for is left out, but what builds the crate: of a program its tests, of a module no
    /// more than the build, as a script that a transcript runs after it may never end.
    fn reduce(&self, works: &mut [Work]) {
        let Some(only) = &self.only else { return };
        for work in works {
            let is_module = work.example.is_native_module();
            for stage in work.stages.iter_mut().skip(usize::from(!is_module)) {
                stage.retain(|step| step.name.contains(only.as_str()));
            }
            let builds = &mut work.stages[0];
            if builds.is_empty() {
                builds.push(steps::build_step(&work.example));
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.topic.is_none() && !self.rust_blocks_only
    }

    fn has_rust_blocks(&self, pages: &[Expanded]) -> bool {
        self.only.is_none() && rust_blocks::rust_blocks(pages).next().is_some()
    }
}

/// Verifies and prints; the process ends with 1 if anything failed.
pub fn test_examples(project: &Project, choice: &Choice) -> Result<()> {
    pythons::print_left_out(project)?;
    // Before anything is read: what is edited from here on is not kept.
    let kept = Kept::open(project, choice.fresh)?;
    let mut crates = chosen(project, choice.topic.as_deref())?;
    if let Some(name) = &choice.crate_name {
        crates.retain(|example| example.name() == *name);
        if crates.is_empty() {
            bail!("no crate of that topic is called {name}");
        }
    }
    let pages = page::load_all(&project.root)?;
    let unresolved = sources::problems(&project.root, &pages, &project::crates(&project.root)?)?;
    if !unresolved.is_empty() {
        bail!(
            "{}\n\n0 passed, {} failed",
            unresolved.join("\n"),
            unresolved.len()
        );
    }
    println!(
        "CPython {} ({}), crates copied to {}",
        project.python_version,
        project.python.display(),
        project.copies.display()
    );
    let expanded = expand::expand(project, &pages)?;
    let mut expanded = showing(expanded, choice.topic.as_deref());
    let exempt = Exempt::load(&project.root)?;
    let tracks = Track::that_run(project)?;
    for page in &mut expanded {
        page.blocks.retain(|block| {
            let runs_here = |example: InExample| exempt.runs_here(example.topic);
            block.example().is_none_or(runs_here)
                && (block.kind != "rust" || tracks.contains(&block.track()))
        });
    }
    let mut works = if choice.rust_blocks_only {
        Vec::new()
    } else {
        steps::plan(&crates, &expanded, project.minor()?)?
    };
    choice.reduce(&mut works);
    let structure = structure(&project.root, &pages)?;
    let report = Report::new(
        structure.len() + total(&works, &expanded, choice) + usize::from(choice.is_whole()),
    );
    report_structure(structure, &pages, &report);
    run_all(project, works, &expanded, choice, &kept, &report);
    if choice.is_whole() {
        named_tests_ran(project, &pages, &crates, &report);
        Record::of(project, &report)?.write(&project.root)?;
        kept.forget_the_others()?;
    }
    report.finish()
}

/// A test that exists may still not be one that cargo or pytest collects.
fn named_tests_ran(project: &Project, pages: &[Page], crates: &[ExampleCrate], report: &Report) {
    report.step(
        "tests named on the pages have run",
        &[],
        "ci/just test-examples",
        || match tested_by::not_run(&project.root, pages, crates, &report.tests())?.as_slice() {
            [] => Ok(()),
            problems => bail!("{}", problems.join("\n")),
        },
    );
}

/// A check of the pages that needs no build: its name, and its problems, a line each.
pub type Structure = (&'static str, Vec<String>);

/// The checks of the editions.
pub fn structure(root: &Path, pages: &[Page]) -> Result<Vec<Structure>> {
    Ok(vec![
        (
            "both editions have one structure",
            parity::problems(root, pages)?,
        ),
        ("Chinese sections are up to date", stamps::problems(pages)),
        (
            "Chinese text keeps the rules",
            chinese::problems(root, pages)?,
        ),
        (
            "renames are those of the crates",
            renames::problems(root, pages)?,
        ),
        (
            "every address that was published is there",
            permanent::problems(root, pages)?,
        ),
        (
            "tests named on the pages exist",
            tested_by::problems(root, pages, &project::crates(root)?)?,
        ),
        (
            "diffs are those of the crates",
            diffs::problems(root, &project::crates(root)?)?,
        ),
        (
            "measured figures are those that pages claim",
            [
                bench::problems(root)?,
                bench_pages::problems(root, pages)?,
                stress::problems(root)?,
            ]
            .concat(),
        ),
    ])
}

/// The crates of a topic, or all, as far as their track builds for the Python in use.
pub fn chosen(project: &Project, topic: Option<&str>) -> Result<Vec<ExampleCrate>> {
    let all = project::crates_here(project)?;
    let topics: BTreeSet<String> = all.iter().map(|example| example.topic.clone()).collect();
    match topic {
        Some(topic) if !topics.contains(topic) => {
            let known: Vec<String> = topics.into_iter().collect();
            bail!("no topic is called {topic}: there are {}", known.join(", "))
        }
        Some(topic) => Ok(all
            .into_iter()
            .filter(|example| example.topic == topic)
            .collect()),
        None => Ok(all),
    }
}

fn report_structure(structure: Vec<Structure>, pages: &[Page], report: &Report) {
    let proof = |page: &Page| Proof {
        kind: Kind::Pages,
        language: page.language.clone(),
        at: page.at(1),
    };
    for (name, problems) in structure {
        let proofs: Vec<Proof> = pages
            .iter()
            .filter(|page| {
                problems.is_empty()
                    || problems
                        .iter()
                        .any(|problem| problem.starts_with(&page.file()))
            })
            .map(proof)
            .collect();
        report.step(name, &proofs, "ci/just check", || {
            match problems.as_slice() {
                [] => Ok(()),
                problems => bail!("{}", problems.join("\n")),
            }
        });
    }
}

fn showing(pages: Vec<Expanded>, topic: Option<&str>) -> Vec<Expanded> {
    let shows = |page: &Expanded, topic: &str| {
        page.blocks
            .iter()
            .any(|block| block.example().is_some_and(|file| file.topic == topic))
    };
    pages
        .into_iter()
        .filter(|page| topic.is_none_or(|topic| shows(page, topic)))
        .collect()
}

fn total(works: &[Work], pages: &[Expanded], choice: &Choice) -> usize {
    let steps: usize = works
        .iter()
        .flat_map(|work| &work.stages)
        .map(Vec::len)
        .sum();
    let manifests = if choice.rust_blocks_only {
        0
    } else {
        pages
            .iter()
            .flat_map(|page| &page.blocks)
            .filter(|block| block.kind == "toml")
            .count()
    };
    let rust = if choice.has_rust_blocks(pages) {
        rust_blocks::rust_blocks(pages).count()
    } else {
        0
    };
    steps + manifests + rust
}

/// The crates, a few at a time, and the Rust blocks side by side.
fn run_all(
    project: &Project,
    works: Vec<Work>,
    pages: &[Expanded],
    choice: &Choice,
    kept: &Kept,
    report: &Report,
) {
    if !choice.rust_blocks_only {
        verify_manifests(project, pages, report);
    }
    std::thread::scope(|scope| {
        if choice.has_rust_blocks(pages) {
            scope.spawn(|| rust_blocks::verify(project, pages, kept, report));
        }
        side_by_side::each(
            &works,
            side_by_side::workers(),
            |work| work.example.place(),
            |work| run_crate(project, work, kept, report),
        );
    });
}

fn verify_manifests(project: &Project, pages: &[Expanded], report: &Report) {
    for block in pages
        .iter()
        .flat_map(|page| &page.blocks)
        .filter(|block| block.kind == "toml")
    {
        let proof = Proof {
            kind: Kind::Manifests,
            language: block.language.clone(),
            at: block.at.clone(),
        };
        report.step(
            &format!("{}: {}", block.at, block.file),
            &[proof],
            "ci/just test-examples",
            || match manifests::problem(&project.root, block)? {
                Some(problem) => bail!("{problem}"),
                None => Ok(()),
            },
        );
    }
}

/// Runs the steps of a crate of which no pass is kept.
fn run_crate(project: &Project, work: &Work, kept: &Kept, report: &Report) {
    let stages: Vec<Vec<&Step>> = work
        .stages
        .iter()
        .map(|stage| {
            stage
                .iter()
                .filter(|step| !is_kept(work, step, kept, report))
                .collect()
        })
        .collect();
    if stages.iter().all(Vec::is_empty) {
        return;
    }
    let bench = Bench::set_up(project, &work.example, Lock::Seeded);
    let mut broken = bench.as_ref().err().map(|error| format!("{error:#}"));
    for (index, stage) in stages.iter().enumerate() {
        let passed = std::thread::scope(|scope| {
            let running: Vec<_> = stage
                .iter()
                .map(|step| {
                    let bench = bench.as_ref().map_err(|_| "the crate could not be copied");
                    let bench = bench.and_then(|bench| broken.as_deref().map_or(Ok(bench), Err));
                    scope.spawn(move || run_step(work, step, bench, kept, report))
                })
                .collect();
            running.into_iter().all(|step| step.join().unwrap_or(false))
        });
        // Of a step that was kept, the build may be gone, or another crate's in its place.
        let built = passed && stage.len() == work.stages[index].len();
        if index == 0 && !built && broken.is_none() {
            let first = &work.stages[0][0].name;
            broken = bench
                .as_ref()
                .ok()
                .and_then(|bench| steps::build(bench).err())
                .map(|_| format!("not run: the crate does not build, see {first}"));
        }
    }
}

/// Whether a pass of the step is kept: then that is reported.
fn is_kept(work: &Work, step: &Step, kept: &Kept, report: &Report) -> bool {
    let key = kept.key_of_step(&work.example, &step.name, step.reads);
    let Some(pass) = kept.find(&key) else {
        return false;
    };
    report.keep(&step.name, &step.proofs, &pass);
    report.keep_tests(&work.example.name(), pass.tests);
    true
}

fn run_step(
    work: &Work,
    step: &Step,
    bench: Result<&Bench, &str>,
    kept: &Kept,
    report: &Report,
) -> bool {
    let key = kept.key_of_step(&work.example, &step.name, step.reads);
    let again = format!("ci/just test-examples {}", work.example.topic);
    report.step(&step.name, &step.proofs, &again, || {
        let start = Instant::now();
        let tests = (step.work)(bench.map_err(|why| anyhow!("{why}"))?)?;
        kept.keep(&work.example, &key, start.elapsed(), &tests)?;
        report.keep_tests(&work.example.name(), tests);
        Ok(())
    })
}
