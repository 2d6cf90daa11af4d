//! `test-examples`: every page, block, crate and transcript, against the Python in use.
//!
//! The way of a page: `sources` checks its includes, `expand` lets mdBook resolve them, `parity`
//! compares the editions. Then its blocks go to whoever proves their kind: `rust_blocks`,
//! `manifests`, and, per crate and in a copy of it, the tests, scripts and transcripts below.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::expand::{self, Block, Expanded};
use crate::page::{self, Page};
use crate::project::{self, ExampleCrate, Project};
use crate::report::{Kind, Proof, Report};
use crate::workshop::{Bench, Lock};
use crate::{chinese, manifests, parity, run, rust_blocks, sources, stamps, transcripts};

/// What to verify: everything, one topic, or the Rust blocks alone.
#[derive(Default)]
pub struct Choice {
    pub topic: Option<String>,
    pub rust_blocks_only: bool,
}

/// Verifies and prints; the process ends with 1 if anything failed.
pub fn test_examples(project: &Project, choice: &Choice) -> Result<()> {
    let crates = chosen(project, choice.topic.as_deref())?;
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
    let expanded = showing(expanded, choice.topic.as_deref());
    let works = if choice.rust_blocks_only {
        Vec::new()
    } else {
        plan(&crates, &expanded)?
    };
    let structure = structure(&project.root, &pages)?;
    let report = Report::new(structure.len() + total(&works, &expanded, choice));
    report_structure(structure, &pages, &report);
    run_all(project, works, &expanded, choice, &report);
    report.finish()
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
    ])
}

/// The crates of a topic, or all.
pub fn chosen(project: &Project, topic: Option<&str>) -> Result<Vec<ExampleCrate>> {
    let all = project::crates(&project.root)?;
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
            .any(|block| block.example().is_some_and(|(found, _, _)| found == topic))
    };
    pages
        .into_iter()
        .filter(|page| topic.is_none_or(|topic| shows(page, topic)))
        .collect()
}

/// One step of a crate: its name, what it proves, and the work.
struct Step<'a> {
    name: String,
    proofs: Vec<Proof>,
    work: Job<'a>,
}

type Job<'a> = Box<dyn Fn(&Bench) -> Result<()> + Send + Sync + 'a>;

/// The steps of one crate, in stages: those of a stage run side by side.
struct Work<'a> {
    example: ExampleCrate,
    stages: Vec<Vec<Step<'a>>>,
}

fn plan<'a>(crates: &[ExampleCrate], pages: &'a [Expanded]) -> Result<Vec<Work<'a>>> {
    crates
        .iter()
        .map(|example| {
            let blocks: Vec<&Block> = pages.iter().flat_map(|page| &page.blocks).collect();
            let stages = if example.is_native_module() {
                module_stages(example, &blocks)?
            } else {
                app_stages(example, &blocks)?
            };
            Ok(Work {
                example: example.clone(),
                stages,
            })
        })
        .collect()
}

fn app_stages<'a>(example: &ExampleCrate, blocks: &[&'a Block]) -> Result<Vec<Vec<Step<'a>>>> {
    let tests = Step {
        name: format!("{}: cargo test", example.name()),
        proofs: vec![crate_proof(example)],
        work: Box::new(|bench| some_test_passed(&bench.must("cargo", &["test"])?)),
    };
    Ok(vec![
        vec![tests],
        transcript_steps(example, blocks, |_| true)?,
    ])
}

fn module_stages<'a>(example: &ExampleCrate, blocks: &[&'a Block]) -> Result<Vec<Vec<Step<'a>>>> {
    let name = example.name();
    let mut tests = vec![Step {
        name: format!("{name}: pytest"),
        proofs: vec![crate_proof(example)],
        work: Box::new(|bench| bench.must("python", &PYTEST).map(drop)),
    }];
    tests.extend(python_steps(example, blocks)?);
    tests.extend(transcript_steps(example, blocks, |command| {
        !command.contains("maturin")
    })?);
    // A module is replaced while it is installed: nothing else may import it then.
    let mut stages: Vec<Vec<Step>> =
        transcript_steps(example, blocks, |command| command.contains("maturin"))?
            .into_iter()
            .map(|step| vec![step])
            .collect();
    match stages.first_mut() {
        Some(first) => first[0].proofs.push(crate_proof(example)),
        None => stages.push(vec![Step {
            name: format!("{name}: maturin develop"),
            proofs: vec![crate_proof(example)],
            work: Box::new(build),
        }]),
    }
    stages.push(tests);
    Ok(stages)
}

const PYTEST: [&str; 6] = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"];

fn crate_proof(example: &ExampleCrate) -> Proof {
    Proof {
        kind: Kind::Crates,
        language: String::new(),
        at: example.name(),
    }
}

/// `cargo test` also succeeds where there is no test.
fn some_test_passed(output: &str) -> Result<()> {
    let passed = output
        .lines()
        .filter(|line| line.starts_with("test ") && line.ends_with("... ok"))
        .count();
    let ignored = output
        .lines()
        .filter(|line| line.contains("... ignored"))
        .count();
    match (passed, ignored) {
        (0, _) => bail!("the crate has no test that runs"),
        (_, 0) => Ok(()),
        _ => bail!("a test is ignored:\n{output}"),
    }
}

/// The blocks of this topic that show a file for which `is` holds, in any variant.
fn proofs_of(
    blocks: &[&Block],
    example: &ExampleCrate,
    kind: Kind,
    is: impl Fn(&str) -> bool,
) -> Vec<Proof> {
    blocks
        .iter()
        .filter(|block| {
            block
                .example()
                .is_some_and(|(topic, _, inside)| topic == example.topic && is(inside))
        })
        .map(|block| Proof {
            kind,
            language: block.language.clone(),
            at: block.at.clone(),
        })
        .collect()
}

/// A step for every transcript of the crate all of whose commands are `wanted`.
fn transcript_steps<'a>(
    example: &ExampleCrate,
    blocks: &[&'a Block],
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Step<'a>>> {
    let mut steps = Vec::new();
    for path in example.files_with_extension("console")? {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let parsed = transcripts::parse(&project::read(&path)?)
            .with_context(|| path.display().to_string())?;
        if !wanted(
            &parsed
                .iter()
                .map(|step| step.command.as_str())
                .collect::<String>(),
        ) {
            continue;
        }
        let mut proofs = proofs_of(blocks, example, Kind::Transcripts, |inside| inside == file);
        for proof in proofs.clone() {
            proofs.extend((1..=parsed.len()).map(|n| Proof {
                kind: Kind::Outputs,
                at: format!("{} ({n})", proof.at),
                ..proof.clone()
            }));
        }
        steps.push(Step {
            name: format!("{}: {file}: {}", example.name(), parsed[0].command),
            proofs,
            work: Box::new(move |bench| {
                transcripts::verify(&parsed, &bench.folder, &|command| bench.prepare(command))
                    .with_context(|| format!("examples/{}/{file}", bench.example.name()))
            }),
        });
    }
    Ok(steps)
}

/// A step for every Python text that pages show of this topic, run with this variant's module.
fn python_steps<'a>(example: &ExampleCrate, blocks: &[&'a Block]) -> Result<Vec<Step<'a>>> {
    let mut texts: BTreeMap<(String, &'a str), Vec<Proof>> = BTreeMap::new();
    for block in blocks {
        let Some((topic, _, inside)) = block.example() else {
            continue;
        };
        if topic == example.topic && ["python", "pycon"].contains(&block.kind.as_str()) {
            let proof = Proof {
                kind: Kind::PythonBlocks,
                language: block.language.clone(),
                at: block.at.clone(),
            };
            texts
                .entry((inside.to_owned(), block.text.as_str()))
                .or_default()
                .push(proof);
        }
    }
    texts
        .into_iter()
        .map(|((inside, text), proofs)| {
            let name = format!("{}: {inside} as the page shows it", example.name());
            Ok(Step {
                name,
                proofs,
                work: python_work(inside, text)?,
            })
        })
        .collect()
}

/// How a Python text is proved depends on what its file is.
fn python_work<'a>(inside: String, text: &'a str) -> Result<Job<'a>> {
    let in_package = inside.starts_with("python/");
    Ok(
        match inside.rsplit_once('.').map(|(_, extension)| extension) {
            Some("pyi") => Box::new(check_stub),
            Some("pycon") => Box::new(move |bench| run_session(bench, &inside, text)),
            Some("py") if in_package => Box::new(move |bench| import_module(bench, &inside, text)),
            Some("py") => Box::new(move |bench| run_script(bench, &inside, text)),
            _ => bail!("{inside}: no check knows how to prove this file"),
        },
    )
}

/// The stub says what the built module has, as mypy's stubtest sees it.
fn check_stub(bench: &Bench) -> Result<()> {
    let package = fs_names(&bench.folder.join("python"))?;
    let mut arguments = vec!["-m", "mypy.stubtest"];
    arguments.extend(package.iter().map(String::as_str));
    bench.must("python", &arguments).map(drop)
}

fn fs_names(folder: &Path) -> Result<Vec<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    Ok(entries
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.path().join("__init__.py").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect())
}

/// A session's inputs and outputs, compared by doctest.
fn run_session(bench: &Bench, inside: &str, text: &str) -> Result<()> {
    let folder = scratch(bench, inside, text)?;
    if !text.contains(">>> ") {
        bail!("no `>>> ` in it");
    }
    bench
        .must_in(&folder, "python", &["-m", "doctest", inside])
        .map(drop)
}

/// A file of the package: the copy holds this text, and Python imports it without a word.
fn import_module(bench: &Bench, inside: &str, text: &str) -> Result<()> {
    if !project::read(&bench.folder.join(inside))?.contains(text) {
        bail!("{inside}: the page shows other text than the crate holds");
    }
    let module = inside
        .trim_start_matches("python/")
        .trim_end_matches(".py")
        .trim_end_matches("/__init__")
        .replace('/', ".");
    let said = bench.must(
        "python",
        &["-W", "error", "-c", &format!("import {module}")],
    )?;
    if !said.is_empty() {
        bail!("importing {module} printed:\n{said}");
    }
    Ok(())
}

/// A script: the page's text is run by itself and must print what the transcript shows.
fn run_script(bench: &Bench, inside: &str, text: &str) -> Result<()> {
    let folder = scratch(bench, inside, text)?;
    let expected = transcribed(bench, inside)?;
    let mut command = Command::new(bench.find("python"));
    command.arg(inside).current_dir(&folder);
    bench.prepare(&mut command);
    let ended = run::run(&mut command)?;
    let came = run::shown(&ended.text, &folder);
    if came != expected {
        bail!(
            "{inside} printed something else\n{}",
            transcripts::difference(&expected, &came)
        );
    }
    let code = i32::from(expected.contains("Traceback (most recent call last):"));
    if ended.code != Some(code) {
        bail!("{inside} ended with {:?}, not {code}", ended.code);
    }
    Ok(())
}

/// The output of `python3 script` in the crate's transcript of the same name.
fn transcribed(bench: &Bench, inside: &str) -> Result<String> {
    let path = bench.folder.join(inside).with_extension("console");
    let steps = transcripts::parse(&project::read(&path)?)?;
    let step = steps
        .iter()
        .find(|step| step.command.ends_with(&format!("python3 {inside}")))
        .with_context(|| format!("{}: has no `python3 {inside}`", path.display()))?;
    let lines: Vec<&str> = step.output.lines().collect();
    let installed = lines
        .iter()
        .rposition(|line| line.starts_with("🛠"))
        .map_or(0, |index| index + 1);
    Ok(lines[installed..]
        .iter()
        .map(|line| format!("{line}\n"))
        .collect())
}

/// A folder with nothing in it but the page's text: what the page does not show is not there.
fn scratch(bench: &Bench, inside: &str, text: &str) -> Result<std::path::PathBuf> {
    let name = &project::hash(&format!("{inside}\n{text}"))[..12];
    let folder = bench.folder.with_extension("blocks").join(name);
    project::write_if_changed(&folder.join(inside), text.as_bytes())?;
    Ok(folder)
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
    steps + manifests + rust_blocks::rust_blocks(pages).count()
}

/// The lanes and the Rust blocks side by side; the crates of one lane one after the other.
///
/// Modules of one variant share a virtual environment, so they cannot be verified at once.
fn run_all(
    project: &Project,
    works: Vec<Work>,
    pages: &[Expanded],
    choice: &Choice,
    report: &Report,
) {
    let mut lanes: BTreeMap<(String, bool), Vec<Work>> = BTreeMap::new();
    for work in works {
        let lane = (
            work.example.variant.clone(),
            work.example.is_native_module(),
        );
        lanes.entry(lane).or_default().push(work);
    }
    if !choice.rust_blocks_only {
        verify_manifests(project, pages, report);
    }
    std::thread::scope(|scope| {
        for lane in lanes.values() {
            scope.spawn(|| {
                lane.iter()
                    .for_each(|work| run_crate(project, work, report))
            });
        }
        if rust_blocks::rust_blocks(pages).next().is_some() {
            scope.spawn(|| rust_blocks::verify(project, pages, report));
        }
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

fn run_crate(project: &Project, work: &Work, report: &Report) {
    let again = format!("ci/just test-examples {}", work.example.topic);
    let bench = Bench::set_up(project, &work.example, Lock::Seeded);
    let mut broken = bench.as_ref().err().map(|error| format!("{error:#}"));
    for (index, stage) in work.stages.iter().enumerate() {
        let passed = std::thread::scope(|scope| {
            let running: Vec<_> = stage
                .iter()
                .map(|step| {
                    scope.spawn(|| {
                        run_step(step, bench.as_ref().ok(), broken.as_deref(), &again, report)
                    })
                })
                .collect();
            running.into_iter().all(|step| step.join().unwrap_or(false))
        });
        if !passed && index == 0 && broken.is_none() {
            broken = bench
                .as_ref()
                .ok()
                .and_then(|bench| build(bench).err())
                .map(|_| format!("not run: the crate does not build, see {}", stage[0].name));
        }
    }
}

/// Without a build, later steps would only repeat its error, or use an older module.
fn build(bench: &Bench) -> Result<()> {
    let (program, argument) = if bench.example.is_native_module() {
        ("maturin", "develop")
    } else {
        ("cargo", "build")
    };
    bench.must(program, &[argument]).map(drop)
}

fn run_step(
    step: &Step,
    bench: Option<&Bench>,
    broken: Option<&str>,
    again: &str,
    report: &Report,
) -> bool {
    report.step(&step.name, &step.proofs, again, || match (broken, bench) {
        (None, Some(bench)) => (step.work)(bench),
        (reason, _) => bail!("{}", reason.unwrap_or("the crate could not be copied")),
    })
}
