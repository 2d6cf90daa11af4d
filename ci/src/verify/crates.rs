//! The steps of a crate, in stages: its build, its tests, its transcripts, its stub, and the Python texts of the pages.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use crate::check::compile_fail;
use crate::repo::example::ExampleCrate;
use crate::repo::files;
use crate::results::verdict::{Kind, Proof};
use crate::run::command;
use crate::run::project::Project;
use crate::run::queue;
use crate::run::sandbox::{LockFile, Sandbox};
use crate::verify::cache::Cache;
use crate::verify::captures::{self, Capture};
use crate::verify::expand::Block;
use crate::verify::group::{Group, Run};
use crate::verify::job::{Job, job};
use crate::verify::step::{Step, proof_of};
use crate::verify::{python, replay, stubs, test_output, trybuild};

/// The steps of one crate, in stages: those of a stage run side by side.
pub struct CrateGroup<'a> {
    project: &'a Project,
    example: &'a ExampleCrate,
    stages: Vec<Vec<Work<'a>>>,
}

/// The topics whose tests end programs a dozen times each. The others have the same runtime from the first of these, or
/// are about something else: a few exits show that they call it.
const ABOUT_EXITS: [&str; 4] = ["exit-crash", "fork", "native-module", "shutdown"];

/// A step, and how it is done in a copy of the crate.
struct Work<'a> {
    step: Step,
    job: Job<'a>,
    /// Whether it runs commands in the crate's folder, where they may leave files.
    is_in_folder: bool,
}

impl<'a> CrateGroup<'a> {
    pub fn plan(
        project: &'a Project,
        example: &'a ExampleCrate,
        blocks: &'a [Block],
        cache: &'a Cache,
    ) -> Result<Self> {
        let plan =
            Plan { example, blocks: blocks.iter().filter(|block| applies(block, example)).collect(), cache, project };
        let stages = if example.is_native_module { plan.module_stages()? } else { plan.program_stages()? };
        Ok(Self { project, example, stages })
    }

    /// Leaves steps with `only` in their name, and what builds the crate: of a program its tests, of a module no
    /// more than the build, as a script that a transcript runs after it may never end.
    pub fn reduce(&mut self, only: &str) {
        let is_module = self.example.is_native_module;
        for stage in self.stages.iter_mut().skip(usize::from(!is_module)) {
            stage.retain(|work| work.step.name.contains(only));
        }
        if self.stages[0].is_empty() {
            self.stages[0].push(build_step(self.example, None));
        }
    }

    /// The steps of a stage side by side, but those that work in the crate's folder one after the other: two scripts
    /// may write a file of one name. Whether all passed.
    fn run_stage(&self, stage: &[&Work], sandbox: Result<&Sandbox, &str>, run: &Run) -> bool {
        let decide = |work: &&Work| {
            let decide = || (work.job)(sandbox.map_err(|why| anyhow!("{why}"))?);
            let decided = catch_unwind(AssertUnwindSafe(|| run.decide(&work.step, decide)));
            decided.unwrap_or_else(|_| {
                run.end(&work.step, Duration::ZERO, Err(anyhow!("the check itself panicked, see above")))
            })
        };
        queue::side_by_side(stage, |work| work.is_in_folder, decide)
    }
}

impl Group for CrateGroup<'_> {
    fn steps(&self) -> Vec<&Step> {
        self.stages.iter().flatten().map(|work| &work.step).collect()
    }

    fn exclusive_key(&self) -> Option<String> {
        Some(self.example.exclusive_key())
    }

    fn run(&self, wanted: &[&Step], run: &Run) {
        let mut sandbox = Sandbox::set_up(self.project, self.example, LockFile::Seeded);
        if let Ok(sandbox) = &mut sandbox
            && !ABOUT_EXITS.contains(&self.example.topic.as_str())
        {
            sandbox.make_few_exits();
        }
        let mut broken = sandbox.as_ref().err().map(|error| format!("{error:#}"));
        for (index, stage) in self.stages.iter().enumerate() {
            let is_wanted = |work: &&Work| wanted.iter().any(|step| std::ptr::eq(*step, &work.step));
            let of_stage: Vec<&Work> = stage.iter().filter(is_wanted).collect();
            let usable = match (&sandbox, broken.as_deref()) {
                (Ok(sandbox), None) => Ok(sandbox),
                (_, why) => Err(why.unwrap_or_default()),
            };
            let passed = self.run_stage(&of_stage, usable, run);
            // Of a step that was kept, the build may be gone, or another crate's in its place.
            let built = passed && of_stage.len() == stage.len();
            if index == 0 && !built && broken.is_none() {
                let first = &stage[0].step.name;
                let build = sandbox.as_ref().ok().and_then(|sandbox| build(sandbox).err());
                broken = build.map(|_| format!("not run: the crate does not build, see {first}"));
            }
        }
    }
}

/// What the steps of a crate are made from.
struct Plan<'a> {
    example: &'a ExampleCrate,
    /// The blocks that show what is also this crate's.
    blocks: Vec<&'a Block>,
    cache: &'a Cache<'a>,
    project: &'a Project,
}

impl<'a> Plan<'a> {
    /// A step; `reads` is what it reads beside the crate.
    fn work(&self, what: &str, proofs: Vec<Proof>, reads: &str, job: Job<'a>) -> Work<'a> {
        let mut work = work(self.example, what, proofs, job);
        work.step.key = Some(self.cache.key_of_step(self.example, &work.step.name, reads));
        work
    }

    fn tests_left_out(&self) -> Vec<&'a str> {
        let older = self.project.older.as_ref();
        let tests = older.and_then(|older| older.tests.get(&self.example.name()));
        tests.into_iter().flat_map(|tests| tests.keys().map(String::as_str)).collect()
    }

    fn crate_proof(&self) -> Vec<Proof> {
        vec![Proof::of_crate(&self.example.name())]
    }

    fn program_stages(&self) -> Result<Vec<Vec<Work<'a>>>> {
        let proofs = [self.crate_proof(), self.proofs_of_fails()].concat();
        let left_out = self.tests_left_out();
        let mut command = vec!["test"];
        if !left_out.is_empty() {
            command.push("--");
            command.extend(left_out.into_iter().flat_map(|test| ["--skip", test]));
        }
        let tests: Job = Box::new(move |sandbox| {
            let output = sandbox.must("cargo", &command)?;
            trybuild::all_compared(&sandbox.example, &output)?;
            test_output::some_test_passed(&output)?;
            Ok(test_output::rust_tests(&output))
        });
        let tests = self.work("cargo test", proofs, "", tests);
        if self.project.release.is_free_threaded {
            return Ok(vec![vec![tests]]);
        }
        let mut shown = self.transcripts(|_| true)?;
        shown.extend(self.python_texts()?);
        shown.extend(self.too_new());
        Ok(vec![vec![tests], shown])
    }

    fn module_stages(&self) -> Result<Vec<Vec<Work<'a>>>> {
        let excuses = test_output::excuses(self.project.release, self.project.older.as_ref());
        let not = self.tests_left_out().join(" and not ");
        let left_out = if not.is_empty() { Vec::new() } else { vec!["-k".to_owned(), format!("not {not}")] };
        let tests: Job = Box::new(move |sandbox| {
            let mut command = test_output::pytest("tests").to_vec();
            command.extend(left_out.iter().map(String::as_str));
            let output = sandbox.must("python", &command)?;
            test_output::no_test_skipped(&output, &excuses)?;
            Ok(test_output::python_tests(&output))
        });
        let mut tests = vec![self.work("pytest", self.crate_proof(), "", tests)];
        if self.project.release.is_free_threaded {
            return Ok(vec![vec![build_step(self.example, Some(self.cache))], tests]);
        }
        tests.extend(self.python_texts()?);
        // A stub that no page shows is still part of what a reader copies.
        if !self.blocks.iter().any(|block| block.file.ends_with(".pyi")) {
            let check = job(stubs::check);
            tests.push(self.work("its stub", self.crate_proof(), "", check));
        }
        tests.extend(self.transcripts(|command| !command.contains("maturin"))?);
        tests.extend(self.too_new());
        // A module is replaced while it is installed: nothing else may import it then.
        let builds = self.transcripts(|command| command.contains("maturin"))?;
        let mut stages: Vec<Vec<Work>> = builds.into_iter().map(|work| vec![work]).collect();
        match stages.first_mut() {
            Some(first) => first[0].step.proofs.extend(self.crate_proof()),
            None => stages.push(vec![build_step(self.example, Some(self.cache))]),
        }
        stages.push(tests);
        Ok(stages)
    }

    /// A step for every transcript of the crate all of whose commands are `wanted`.
    fn transcripts(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<Work<'a>>> {
        let mut works = Vec::new();
        for capture in captures::of(self.example, self.project.release.minor)? {
            let commands = capture.entries.iter().map(|entry| entry.command.as_str());
            if wanted(&commands.collect::<String>()) {
                let what = format!("{}: {}", capture.file(), capture.entries[0].command);
                let proofs = self.proofs_of_transcript(&capture);
                let work = self.work(&what, proofs, "", replay_job(capture));
                works.push(Work { is_in_folder: true, ..work });
            }
        }
        Ok(works)
    }

    /// The transcript, and each of its outputs.
    fn proofs_of_transcript(&self, capture: &Capture) -> Vec<Proof> {
        let file = capture.file();
        let mut proofs = self.proofs_of(Kind::Transcripts, |inside| inside == file);
        for proof in proofs.clone() {
            proofs.extend((1..=capture.entries.len()).map(|part| Proof {
                kind: Kind::Outputs,
                part,
                ..proof.clone()
            }));
        }
        proofs
    }

    /// A step for every Python text that pages show of this topic, run with this variant's module.
    fn python_texts(&self) -> Result<Vec<Work<'a>>> {
        let mut works = Vec::new();
        for (inside, text, proofs) in python::texts(&self.blocks) {
            let job = python::job_for(inside, text, self.example.is_native_module)?;
            let what = format!("{inside} as the page shows it");
            works.push(self.work(&what, proofs, text, job));
        }
        Ok(works)
    }

    /// The first Python that a crate leaves out is one for which its pyo3 does not build.
    fn too_new(&self) -> Option<Work<'a>> {
        let below = self.example.pythons.and_then(|pythons| pythons.below);
        let minor = below.filter(|_| self.example.is_workspace)?;
        let what = format!("no build for CPython 3.{minor}");
        let build = job(move |sandbox| does_not_build(sandbox, minor));
        Some(self.work(&what, Vec::new(), "", build))
    }

    /// The blocks that show a file for which `is` holds, in any variant.
    fn proofs_of(&self, kind: Kind, is: impl Fn(&str) -> bool) -> Vec<Proof> {
        let shows = |block: &&&Block| block.example().is_some_and(|file| is(file.inside));
        let blocks = self.blocks.iter().filter(shows);
        blocks.map(|block| proof_of(kind, block)).collect()
    }

    /// The blocks that show a program that must not compile, or what the compiler says of it.
    fn proofs_of_fails(&self) -> Vec<Proof> {
        let shown =
            |kind, end: &str| self.proofs_of(kind, |inside| compile_fail::holds(inside) && inside.ends_with(end));
        [shown(Kind::RustBlocks, ".rs"), shown(Kind::Outputs, ".stderr")].concat()
    }
}

fn work<'a>(example: &ExampleCrate, what: &str, proofs: Vec<Proof>, job: Job<'a>) -> Work<'a> {
    let step = Step {
        name: format!("{}: {what}", example.name()),
        proofs,
        again: format!("ci/just test-examples {}", example.name()),
        of_crate: Some(example.name()),
        key: None,
    };
    Work { step, job, is_in_folder: false }
}

/// The build of a module, where no transcript shows it. Without a cache it runs each time.
fn build_step<'a>(example: &ExampleCrate, cache: Option<&Cache>) -> Work<'a> {
    let proofs = vec![Proof::of_crate(&example.name())];
    let mut work = work(example, "maturin develop", proofs, job(build));
    work.step.key = cache.map(|cache| cache.key_of_step(example, &work.step.name, ""));
    work
}

fn replay_job<'a>(capture: Capture) -> Job<'a> {
    Box::new(move |sandbox| {
        replay::verify(&capture, &sandbox.folder, &|line, shell| sandbox.prepare_shell(line, shell))
            .with_context(|| format!("{}/{}", sandbox.example.dir, capture.file()))?;
        // What a transcript shows has just been printed again.
        let shown = capture.entries.iter();
        Ok(shown.flat_map(|entry| test_output::rust_tests(&entry.output)).collect())
    })
}

/// Whether what the block shows is also this crate's: of its topic, and of its bridge or equal there.
fn applies(block: &Block, example: &ExampleCrate) -> bool {
    block.example().is_some_and(|file| {
        let same =
            || std::fs::read_to_string(example.folder.join(file.inside)).is_ok_and(|text| text.contains(&block.text));
        file.topic == example.topic && (file.bridge == example.bridge || same())
    })
}

/// No such Python is needed: pyo3 takes what it must know of it from a file.
fn does_not_build(sandbox: &Sandbox, minor: u32) -> Result<()> {
    let config = sandbox.folder.with_extension("too-new.txt");
    let text =
        format!("implementation=CPython\nversion=3.{minor}\nshared=true\nabi3=false\nlib_name=python3.{minor}\n");
    files::write_if_changed(&config, text.as_bytes())?;
    let mut cargo = sandbox.command("cargo");
    cargo
        .args(["check", "--package", "pyo3", "--target-dir"])
        .arg(sandbox.beside_builds("too-new"))
        .current_dir(&sandbox.folder);
    let ended = command::run(cargo.env("PYO3_CONFIG_FILE", &config))?;
    let known = ["newer than PyO3's maximum supported version", "`pyo3` (lib)"];
    match ended.success {
        true => bail!("it builds for CPython 3.{minor}, which its requires-python leaves out"),
        false if known.iter().any(|why| ended.text.contains(why)) => Ok(()),
        false => bail!("the build failed for another reason:\n{}", ended.text.trim_end()),
    }
}

/// Without a build, later steps would only repeat its error, or use an older module.
pub fn build(sandbox: &Sandbox) -> Result<()> {
    let (program, argument) =
        if sandbox.example.is_native_module { ("maturin", "develop") } else { ("cargo", "build") };
    sandbox.must(program, &[argument]).map(drop)
}
