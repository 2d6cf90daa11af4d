//! The steps of a crate, in stages: its build, its tests, its transcripts, its stub, and the Python texts of the pages.

use anyhow::{Context, Result, anyhow, ensure};

use crate::check::compile_fail;
use crate::repo::{ExampleCrate, files};
use crate::results::verdict::{Kind, Proof};
use crate::run::{LockFile, Project, Sandbox, command, queue};
use crate::verify::cache::Cache;
use crate::verify::captures::{self, Capture};
use crate::verify::expand::Block;
use crate::verify::group::Group;
use crate::verify::report::Report;
use crate::verify::step::{Job, Outcome, Step, job, proof_at};
use crate::verify::{python, stubs, test_output};

/// The topics whose tests end programs a dozen times each. The others have the same runtime from the first of these,
/// or are about something else: one exit of each program shows that they call it.
const ABOUT_EXITS: [&str; 4] = ["exit-crash", "fork", "native-module", "shutdown"];

/// The steps of one crate, in stages: those of a stage run side by side.
pub struct CrateGroup<'a> {
    project: &'a Project,
    example: &'a ExampleCrate,
    /// The blocks that show what is also this crate's.
    blocks: Vec<&'a Block<'a>>,
    cache: &'a Cache<'a>,
    stages: Vec<Vec<Work<'a>>>,
}

/// A step, and how it is done in a copy of the crate.
struct Work<'a> {
    step: Step,
    job: Job<'a>,
    /// Whether it runs commands in the crate's folder, where they may leave files.
    is_in_folder: bool,
}

impl<'a> CrateGroup<'a> {
    /// All its steps, or those with `only` in their name.
    pub fn plan(
        project: &'a Project,
        example: &'a ExampleCrate,
        blocks: &'a [Block<'a>],
        cache: &'a Cache,
        only: Option<&str>,
    ) -> Result<Self> {
        let blocks = blocks.iter().filter(|block| applies(block, example)).collect();
        let mut group = Self { project, example, blocks, cache, stages: Vec::new() };
        group.stages = group.stages()?;
        let Some(only) = only else {
            return Ok(group);
        };
        // What builds the crate stays: of a program its tests, of a module no more than the build, as a script that a
        // transcript runs after it may never end.
        for stage in group.stages.iter_mut().skip(usize::from(!example.is_native_module)) {
            stage.retain(|work| work.step.name.contains(only));
        }
        if group.stages[0].is_empty() {
            let mut build = group.build();
            build.step.key = None;
            group.stages[0].push(build);
        }
        Ok(group)
    }

    fn stages(&self) -> Result<Vec<Vec<Work<'a>>>> {
        let is_module = self.example.is_native_module;
        // Each build alone, and then what needs it.
        let (mut builds, mut shown) = (Vec::new(), Vec::new());
        if is_module {
            shown.push(self.work("pytest", self.crate_proof(), "", Box::new(pytest)));
        } else {
            let fails = |kind, end| self.proofs_of(kind, |file| compile_fail::holds(file) && file.ends_with(end));
            let proofs = [fails(Kind::RustBlocks, ".rs"), fails(Kind::Outputs, ".stderr")].concat();
            builds.push(vec![self.work("cargo test", proofs, "", Box::new(cargo_test))]);
        }
        if !self.project.release.is_free_threaded {
            for ((inside, text), proofs) in python::texts(&self.blocks) {
                let job = python::job_for(inside, text, is_module)?;
                shown.push(self.work(&format!("{inside} as the page shows it"), proofs, text, job));
            }
            // A stub that no page shows is still part of what a reader copies.
            if is_module && !self.blocks.iter().any(|block| block.file.ends_with(".pyi")) {
                shown.push(self.work("its stub", self.crate_proof(), "", job(stubs::check)));
            }
            for capture in captures::of(&self.example.folder, self.project.release.minor)? {
                // A module is replaced while it is installed: nothing else may import it then.
                let is_build = is_module && capture.commands().any(|command| command.contains("maturin"));
                let work = self.transcript(capture);
                if is_build { builds.push(vec![work]) } else { shown.push(work) }
            }
            shown.extend(self.too_new());
        }
        match builds.first_mut() {
            Some(first) => first[0].step.proofs.extend(self.crate_proof()),
            None => builds.push(vec![self.build()]),
        }
        builds.push(shown);
        Ok(builds)
    }

    /// A step; `reads` is what it reads beside the crate.
    fn work(&self, what: &str, proofs: Vec<Proof>, reads: &str, job: Job<'a>) -> Work<'a> {
        let name = self.example.name();
        let step = Step::of(format!("{name}: {what}"), &format!("ci/just test-examples {name}"));
        let key = Some(self.cache.key_of_step(self.example, &step.name, reads));
        Work { step: Step { proofs, of_crate: Some(name), key, ..step }, job, is_in_folder: false }
    }

    /// The build of a module, where no transcript shows it.
    fn build(&self) -> Work<'a> {
        self.work("maturin develop", self.crate_proof(), "", job(build))
    }

    /// It proves the transcript, and each of its outputs.
    fn transcript(&self, capture: Capture) -> Work<'a> {
        let file = capture.file();
        let mut proofs = self.proofs_of(Kind::Transcripts, |inside| inside == file);
        for proof in proofs.clone() {
            let output = |part| Proof { kind: Kind::Outputs, part, ..proof.clone() };
            proofs.extend((1..=capture.entries.len()).map(output));
        }
        let what = format!("{file}: {}", capture.entries[0].command);
        let replay: Job = Box::new(move |sandbox| {
            let replayed = capture.verify(&|line| sandbox.shell(line));
            replayed.with_context(|| format!("{}/{file}", sandbox.example.dir))?;
            // What a transcript shows has just been printed again.
            let shown = capture.entries.iter();
            Ok(shown.flat_map(|entry| test_output::rust_tests(&entry.output)).collect())
        });
        Work { is_in_folder: true, ..self.work(&what, proofs, "", replay) }
    }

    /// The first Python that a crate leaves out is one for which its pyo3 does not build.
    fn too_new(&self) -> Option<Work<'a>> {
        let below = self.example.pythons.and_then(|pythons| pythons.below);
        let minor = below.filter(|_| self.example.is_workspace)?;
        let build = job(move |sandbox| does_not_build(sandbox, minor));
        Some(self.work(&format!("no build for CPython 3.{minor}"), Vec::new(), "", build))
    }

    fn crate_proof(&self) -> Vec<Proof> {
        vec![Proof::of_crate(&self.example.name())]
    }

    /// The blocks that show a file for which `is` holds, in any variant.
    fn proofs_of(&self, kind: Kind, is: impl Fn(&str) -> bool) -> Vec<Proof> {
        let blocks = self.blocks.iter().filter(|block| block.example().is_some_and(|file| is(file.inside)));
        blocks.map(|block| proof_at(kind, block.page, block.fence.line)).collect()
    }
}

impl Group for CrateGroup<'_> {
    fn steps(&self) -> Vec<&Step> {
        self.stages.iter().flatten().map(|work| &work.step).collect()
    }

    fn exclusive_key(&self) -> String {
        self.example.exclusive_key()
    }

    /// Two scripts may write a file of one name: steps that work in the crate's folder run one after the other.
    fn run(&self, is_wanted: &dyn Fn(&Step) -> bool, report: &Report) {
        let wanted = self.stages.iter().map(|stage| stage.iter().filter(|work| is_wanted(&work.step)).collect());
        let stages: Vec<Vec<&Work>> = wanted.collect();
        if stages.iter().all(Vec::is_empty) {
            return;
        }
        let sandbox = Sandbox::set_up(self.project, self.example, LockFile::Seeded);
        // Or why no step can run.
        let mut sandbox = sandbox.map_err(|error| format!("{error:#}"));
        if !ABOUT_EXITS.contains(&self.example.topic.as_str()) {
            sandbox.iter_mut().for_each(Sandbox::exit_once);
        }
        for (number, works) in stages.iter().enumerate() {
            let key = |work: &&Work| (!work.is_in_folder).then(|| work.step.name.clone());
            queue::each(works, works.len(), key, |work| {
                let sandbox = sandbox.as_ref().map_err(|why| anyhow!("{why}"));
                report.decide(&work.step, || (work.job)(sandbox?));
            });
            // Of a step that was kept, the build may be gone, or another crate's in its place.
            let failed = report.failed();
            let all = &self.stages[number];
            let built = works.len() == all.len() && works.iter().all(|work| !failed.contains(&work.step.name));
            if number == 0 && !built && sandbox.as_ref().is_ok_and(|sandbox| build(sandbox).is_err()) {
                sandbox = Err(format!("not run: the crate does not build, see {}", all[0].step.name));
            }
        }
    }
}

/// Whether what the block shows is also this crate's: of its topic, and of its bridge or equal there.
fn applies(block: &Block, example: &ExampleCrate) -> bool {
    block.example().is_some_and(|file| {
        let is_own = || files::read(&example.folder.join(file.inside)).is_ok_and(|text| text.contains(&block.text));
        file.topic == example.topic && (file.bridge == example.bridge || is_own())
    })
}

/// The tests that are not for what the crate is built with here.
fn left_out<'a>(sandbox: &'a Sandbox) -> Vec<&'a str> {
    let older = sandbox.project.older.as_ref();
    let tests = older.and_then(|older| older.tests.get(&sandbox.example.name()));
    tests.into_iter().flat_map(|tests| tests.keys().map(String::as_str)).collect()
}

fn cargo_test(sandbox: &Sandbox) -> Outcome {
    let left_out = left_out(sandbox);
    let mut command = vec!["test"];
    command.extend(left_out.first().map(|_| "--"));
    command.extend(left_out.into_iter().flat_map(|test| ["--skip", test]));
    let output = sandbox.must("cargo", &command)?;
    test_output::all_compared(&sandbox.example, &output)?;
    test_output::some_test_passed(&output)?;
    Ok(test_output::rust_tests(&output))
}

fn pytest(sandbox: &Sandbox) -> Outcome {
    let left_out = left_out(sandbox);
    let selected = format!("not {}", left_out.join(" and not "));
    let mut command = test_output::pytest("tests").to_vec();
    if !left_out.is_empty() {
        command.extend(["-k", &selected]);
    }
    let output = sandbox.must("python", &command)?;
    test_output::no_test_skipped(&output, sandbox.project.release, sandbox.project.older.as_ref())?;
    Ok(test_output::python_tests(&output))
}

/// No such Python is needed: pyo3 takes what it must know of it from a file.
fn does_not_build(sandbox: &Sandbox, minor: u32) -> Result<()> {
    let config = sandbox.folder.with_extension("too-new.txt");
    let text =
        format!("implementation=CPython\nversion=3.{minor}\nshared=true\nabi3=false\nlib_name=python3.{minor}\n");
    files::write_if_changed(&config, text.as_bytes())?;
    let mut cargo = sandbox.command("cargo");
    cargo.args(["check", "--package", "pyo3", "--target-dir"]).arg(sandbox.project.builds.join("too-new"));
    let ended = command::run(cargo.current_dir(&sandbox.folder).env("PYO3_CONFIG_FILE", &config))?;
    ensure!(!ended.success, "it builds for CPython 3.{minor}, which its requires-python leaves out");
    let known = ["newer than PyO3's maximum supported version", "`pyo3` (lib)"];
    let is_known = known.iter().any(|why| ended.text.contains(why));
    ensure!(is_known, "the build failed for another reason:\n{}", ended.text.trim_end());
    Ok(())
}

/// Without a build, later steps would only repeat its error, or use an older module.
pub fn build(sandbox: &Sandbox) -> Result<()> {
    let (program, argument) =
        if sandbox.example.is_native_module { ("maturin", "develop") } else { ("cargo", "build") };
    sandbox.must(program, &[argument]).map(drop)
}
