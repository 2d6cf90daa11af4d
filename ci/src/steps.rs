//! How each part of a crate is proved: its tests, the Python texts of the pages, its transcripts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use regex::Regex;

use crate::captures::Capture;
use crate::expand::{Block, Expanded};
use crate::project::{self, ExampleCrate};
use crate::pythons::Pythons;
use crate::report::{Kind, Proof};
use crate::workshop::Bench;
use crate::{captures, fails, run, stubs, transcripts};

static PYTHON_TEST: LazyLock<Regex> = LazyLock::new(|| {
    const NAME: &str = r"\S+\.py::(?:\w+::)*(\w+)(?:\[.*\])?";
    Regex::new(&format!("(?m)^PASSED {NAME}|^{NAME} (?:PASSED|SKIPPED)")).expect("valid")
});
static RUST_TEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^test (?:\w+::)*(\w+) \.\.\. ok$").expect("valid"));

/// One step of a crate: its name, what it proves, what it reads beside the crate, and the work.
pub struct Step<'a> {
    pub name: String,
    pub reads: &'a str,
    pub proofs: Vec<Proof>,
    pub work: Job<'a>,
}

/// The tests that ran come back from it.
pub type Job<'a> = Box<dyn Fn(&Bench) -> Result<BTreeSet<String>> + Send + Sync + 'a>;

/// A job without tests.
fn job<'a>(work: impl Fn(&Bench) -> Result<()> + Send + Sync + 'a) -> Job<'a> {
    Box::new(move |bench| work(bench).map(|()| BTreeSet::new()))
}

/// The steps of one crate, in stages: those of a stage run side by side.
pub struct Work<'a> {
    pub example: ExampleCrate,
    pub stages: Vec<Vec<Step<'a>>>,
}

/// The steps of every crate, on Python 3.`minor`.
pub fn plan<'a>(
    crates: &[ExampleCrate],
    pages: &'a [Expanded],
    minor: u32,
) -> Result<Vec<Work<'a>>> {
    crates
        .iter()
        .map(|example| {
            let blocks: Vec<&Block> = pages.iter().flat_map(|page| &page.blocks).collect();
            let stages = if example.is_native_module() {
                module_stages(example, &blocks, minor)?
            } else {
                app_stages(example, &blocks, minor)?
            };
            Ok(Work {
                example: example.clone(),
                stages,
            })
        })
        .collect()
}

fn app_stages<'a>(
    example: &ExampleCrate,
    blocks: &[&'a Block],
    minor: u32,
) -> Result<Vec<Vec<Step<'a>>>> {
    let mut proofs = vec![crate_proof(example)];
    proofs.extend(proofs_of_fails(example, blocks));
    let tests = Step {
        name: format!("{}: cargo test", example.name()),
        reads: "",
        proofs,
        work: Box::new(|bench| {
            let output = bench.must("cargo", &["test"])?;
            fails::all_compared(&bench.example, &output)?;
            some_test_passed(&output)?;
            Ok(rust_tests(&output))
        }),
    };
    let mut shown = transcript_steps(example, blocks, minor, |_| true)?;
    shown.extend(python_steps(example, blocks)?);
    shown.extend(too_new_step(example)?);
    Ok(vec![vec![tests], shown])
}

fn module_stages<'a>(
    example: &ExampleCrate,
    blocks: &[&'a Block],
    minor: u32,
) -> Result<Vec<Vec<Step<'a>>>> {
    let name = example.name();
    let mut tests = vec![Step {
        name: format!("{name}: pytest"),
        reads: "",
        proofs: vec![crate_proof(example)],
        work: Box::new(|bench| {
            let output = bench.must("python", &pytest("tests"))?;
            no_test_skipped(&output)?;
            Ok(python_tests(&output))
        }),
    }];
    tests.extend(python_steps(example, blocks)?);
    // A stub that no page shows is still part of what a reader copies.
    if !blocks
        .iter()
        .any(|block| applies(block, example) && block.file.ends_with(".pyi"))
    {
        tests.push(Step {
            name: format!("{name}: its stub"),
            reads: "",
            proofs: vec![crate_proof(example)],
            work: job(stubs::check),
        });
    }
    tests.extend(transcript_steps(example, blocks, minor, |command| {
        !command.contains("maturin")
    })?);
    tests.extend(too_new_step(example)?);
    // A module is replaced while it is installed: nothing else may import it then.
    let mut stages: Vec<Vec<Step>> = transcript_steps(example, blocks, minor, |command| {
        command.contains("maturin")
    })?
    .into_iter()
    .map(|step| vec![step])
    .collect();
    match stages.first_mut() {
        Some(first) => first[0].proofs.push(crate_proof(example)),
        None => stages.push(vec![build_step(example)]),
    }
    stages.push(tests);
    Ok(stages)
}

/// The build of a module, where no transcript shows it.
pub fn build_step<'a>(example: &ExampleCrate) -> Step<'a> {
    Step {
        name: format!("{}: maturin develop", example.name()),
        reads: "",
        proofs: vec![crate_proof(example)],
        work: job(build),
    }
}

/// The first Python that a crate leaves out is one for which its pyo3 does not build.
fn too_new_step<'a>(example: &ExampleCrate) -> Result<Option<Step<'a>>> {
    let below = Pythons::of(example)?.and_then(|pythons| pythons.below);
    let Some(minor) = below.filter(|_| example.is_workspace()) else {
        return Ok(None);
    };
    Ok(Some(Step {
        name: format!("{}: no build for CPython 3.{minor}", example.name()),
        reads: "",
        proofs: Vec::new(),
        work: job(move |bench| does_not_build(bench, minor)),
    }))
}

/// No such Python is needed: pyo3 takes what it must know of it from a file.
fn does_not_build(bench: &Bench, minor: u32) -> Result<()> {
    let config = bench.folder.with_extension("too-new.txt");
    let text = format!(
        "implementation=CPython\nversion=3.{minor}\nshared=true\nabi3=false\nlib_name=python3.{minor}\n"
    );
    project::write_if_changed(&config, text.as_bytes())?;
    let mut command = Command::new("cargo");
    command
        .args(["check", "--package", "pyo3", "--target-dir"])
        .arg(bench.beside_builds("too-new"))
        .current_dir(&bench.folder);
    bench.prepare(&mut command);
    let ended = run::run(command.env("PYO3_CONFIG_FILE", &config))?;
    let known = [
        "newer than PyO3's maximum supported version",
        "`pyo3` (lib)",
    ];
    match ended.success {
        true => bail!("it builds for CPython 3.{minor}, which its requires-python leaves out"),
        false if known.iter().any(|why| ended.text.contains(why)) => Ok(()),
        false => bail!(
            "the build failed for another reason:\n{}",
            ended.text.trim_end()
        ),
    }
}

/// What `python` gets for the tests of a crate: a line for each test, with its verdict.
pub fn pytest(what: &str) -> [&str; 7] {
    ["-m", "pytest", "-v", "-rps", "-p", "no:cacheprovider", what]
}

/// The tests that pytest names: those that passed, and those it skipped. What a late thread prints may stand in the
/// line of a test, so those that passed are taken from the summary as well.
fn python_tests(output: &str) -> BTreeSet<String> {
    PYTHON_TEST
        .captures_iter(output)
        .filter_map(|found| found.get(1).or_else(|| found.get(2)))
        .map(|name| name.as_str().to_owned())
        .collect()
}

/// The tests that libtest, or the bridge's own harness, says passed.
fn rust_tests(output: &str) -> BTreeSet<String> {
    RUST_TEST
        .captures_iter(output)
        .map(|found| found[1].to_owned())
        .collect()
}

/// A skipped test proves nothing, unless it says which Python or system it is for, or that it looks
/// on with a debugger, which is not everywhere.
fn no_test_skipped(output: &str) -> Result<()> {
    const EXCUSES: [&str; 3] = ["Python 3.", "Windows", "needs gdb"];
    let excused = |line: &&str| EXCUSES.iter().any(|excuse| line.contains(excuse));
    match output
        .lines()
        .filter(|line| line.starts_with("SKIPPED"))
        .find(|line| !excused(line))
    {
        Some(line) => bail!("a test is skipped: {line}"),
        None => Ok(()),
    }
}

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

/// Whether what the block shows is also this crate's: of its topic, and of its track or equal there.
fn applies(block: &Block, example: &ExampleCrate) -> bool {
    block.example().is_some_and(|file| {
        let same = || {
            std::fs::read_to_string(example.folder.join(file.inside))
                .is_ok_and(|text| text.contains(&block.text))
        };
        file.topic == example.topic && (file.track == example.track || same())
    })
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
            applies(block, example) && block.example().is_some_and(|file| is(file.inside))
        })
        .map(|block| Proof {
            kind,
            language: block.language.clone(),
            at: block.at.clone(),
        })
        .collect()
}

/// The blocks that show a program that must not compile, or what the compiler says of it.
fn proofs_of_fails(example: &ExampleCrate, blocks: &[&Block]) -> Vec<Proof> {
    let shown = |kind, end: &str| {
        proofs_of(blocks, example, kind, |inside| {
            fails::holds(inside) && inside.ends_with(end)
        })
    };
    [
        shown(Kind::RustBlocks, ".rs"),
        shown(Kind::Outputs, ".stderr"),
    ]
    .concat()
}

/// A step for every transcript of the crate all of whose commands are `wanted`.
fn transcript_steps<'a>(
    example: &ExampleCrate,
    blocks: &[&'a Block],
    minor: u32,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Step<'a>>> {
    let mut steps = Vec::new();
    for capture in captures::of(example, minor)? {
        let file = capture.file();
        let commands = capture.steps.iter().map(|step| step.command.as_str());
        if !wanted(&commands.collect::<String>()) {
            continue;
        }
        let mut proofs = proofs_of(blocks, example, Kind::Transcripts, |inside| inside == file);
        for proof in proofs.clone() {
            proofs.extend((1..=capture.steps.len()).map(|n| Proof {
                kind: Kind::Outputs,
                at: format!("{} ({n})", proof.at),
                ..proof.clone()
            }));
        }
        steps.push(Step {
            name: format!("{}: {file}: {}", example.name(), capture.steps[0].command),
            reads: "",
            proofs,
            work: Box::new(move |bench| {
                transcripts::verify(
                    &capture.steps,
                    &capture.rules,
                    &bench.folder,
                    &|line, shell| bench.prepare_shell(line, shell),
                )
                .with_context(|| format!("examples/{}/{file}", bench.example.name()))?;
                // What a transcript shows has just been printed again.
                let shown = capture.steps.iter();
                Ok(shown.flat_map(|step| rust_tests(&step.output)).collect())
            }),
        });
    }
    Ok(steps)
}

/// A step for every Python text that pages show of this topic, run with this variant's module.
fn python_steps<'a>(example: &ExampleCrate, blocks: &[&'a Block]) -> Result<Vec<Step<'a>>> {
    let mut texts: BTreeMap<(String, &'a str), Vec<Proof>> = BTreeMap::new();
    for block in blocks {
        let Some(file) = block.example() else {
            continue;
        };
        if applies(block, example) && ["python", "pycon"].contains(&block.kind.as_str()) {
            let proof = Proof {
                kind: Kind::PythonBlocks,
                language: block.language.clone(),
                at: block.at.clone(),
            };
            texts
                .entry((file.inside.to_owned(), block.text.as_str()))
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
                reads: text,
                proofs,
                work: python_work(inside, text, example.is_native_module())?,
            })
        })
        .collect()
}

/// How a Python text is proved depends on what its file is.
fn python_work<'a>(inside: String, text: &'a str, is_native_module: bool) -> Result<Job<'a>> {
    let in_package = inside.starts_with("python/");
    Ok(
        match inside.rsplit_once('.').map(|(_, extension)| extension) {
            Some("py") if !is_native_module => {
                job(move |bench| check_own_module(bench, &inside, text))
            }
            Some("pyi") => job(stubs::check),
            Some("pycon") => job(move |bench| run_session(bench, &inside, text)),
            Some("py") if in_package => job(move |bench| import_module(bench, &inside, text)),
            Some("py") => job(move |bench| run_script(bench, &inside, text)),
            _ => bail!("{inside}: no check knows how to prove this file"),
        },
    )
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

/// The Python file of a Rust program: the copy, whose tests use it, holds this text and no other.
fn check_own_module(bench: &Bench, inside: &str, text: &str) -> Result<()> {
    if project::read(&bench.folder.join(inside))? != text {
        bail!("{inside}: the page shows other text than the crate holds");
    }
    let folder = scratch(bench, inside, text)?;
    let arguments = ["-W", "error", "-m", "py_compile", inside];
    bench.must_in(&folder, "python", &arguments).map(drop)
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
    let capture = capture_of(bench, inside)?;
    let (shell_command, expected) = transcribed(&capture, inside)?;
    let mut command = Command::new(bench.find("python"));
    command.arg(inside).current_dir(&folder);
    bench.prepare(&mut command);
    let ended = run::run(&mut command)?;
    let came = run::shown(&ended.text, &folder);
    capture
        .rules
        .compare(shell_command, &expected, &came)
        .with_context(|| format!("{inside} printed something else"))?;
    let code = i32::from(expected.contains("Traceback (most recent call last):"));
    if ended.code != Some(code) {
        bail!("{inside} ended with {:?}, not {code}", ended.code);
    }
    Ok(())
}

/// The capture beside a script, of the same name.
fn capture_of(bench: &Bench, inside: &str) -> Result<Capture> {
    let name = inside.trim_end_matches(".py");
    captures::named(&bench.folder, name, bench.minor)
}

/// The command `… python3 script` of a capture, and what the script printed.
fn transcribed<'a>(capture: &'a Capture, inside: &str) -> Result<(&'a str, String)> {
    let step = capture
        .steps
        .iter()
        .find(|step| step.command.ends_with(&format!("python3 {inside}")))
        .with_context(|| format!("{}: has no `python3 {inside}`", capture.path.display()))?;
    let lines: Vec<&str> = step.output.lines().collect();
    let installed = lines
        .iter()
        .rposition(|line| line.starts_with("🛠"))
        .map_or(0, |index| index + 1);
    let output = lines[installed..].iter().map(|line| format!("{line}\n"));
    Ok((&step.command, output.collect()))
}

/// A folder with nothing in it but the page's text: what the page does not show is not there.
fn scratch(bench: &Bench, inside: &str, text: &str) -> Result<PathBuf> {
    let name = &project::hash(&format!("{inside}\n{text}"))[..12];
    let folder = bench.folder.with_extension("blocks").join(name);
    project::write_if_changed(&folder.join(inside), text.as_bytes())?;
    Ok(folder)
}

/// Without a build, later steps would only repeat its error, or use an older module.
pub fn build(bench: &Bench) -> Result<()> {
    let (program, argument) = if bench.example.is_native_module() {
        ("maturin", "develop")
    } else {
        ("cargo", "build")
    };
    bench.must(program, &[argument]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_test_ran_whatever_its_parameters_look_like() {
        let text = "tests/test_a.py::test_one PASSED [ 33%]\n\
            tests/test_a.py::test_two[&str-a b] PASSED [ 66%]\ntests/test_a.py::test_three FAILED\n\
            tests/test_a.py::test_four Traceback (most recent call last):\nPASSED\n\
            PASSED tests/test_a.py::test_four\nFAILED tests/test_a.py::test_three - no\n";
        let ran = python_tests(text);
        assert_eq!(
            ran.into_iter().collect::<Vec<_>>(),
            ["test_four", "test_one", "test_two"]
        );
    }
}
