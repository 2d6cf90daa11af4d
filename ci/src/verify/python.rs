//! The Python texts of the pages: each is run, or compared, as what its file is.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;

use crate::repo::{Pattern, files};
use crate::results::verdict::{Kind, Proof};
use crate::run::sandbox::Sandbox;
use crate::verify::captures::{self, Capture};
use crate::verify::expand::Block;
use crate::verify::step::{Job, job, proof_at};
use crate::verify::{stubs, transcript};

/// Files that pytest runs or loads, by their names.
static OF_PYTEST: Pattern = Pattern::of(r"(?:^|/)(?:conftest\.py|test_[^/]*|[^/]*_test\.py)$");

/// Each Python text that these blocks show: the file in its crate, the text, and the blocks.
pub fn texts<'a>(blocks: &[&'a Block<'a>]) -> BTreeMap<(&'a str, &'a str), Vec<Proof>> {
    let mut texts: BTreeMap<_, Vec<Proof>> = BTreeMap::new();
    for block in blocks.iter().filter(|block| ["python", "pycon"].contains(&block.fence.language())) {
        if let Some(file) = block.example() {
            let proofs = texts.entry((file.inside, block.text.as_str())).or_default();
            proofs.push(proof_at(Kind::PythonBlocks, block.page, block.fence.line));
        }
    }
    texts
}

/// How a Python text is proved depends on what its file is.
pub fn job_for<'a>(inside: &'a str, text: &'a str, is_native_module: bool) -> Result<Job<'a>> {
    let in_package = inside.starts_with("python/");
    Ok(match inside.rsplit_once('.').map(|(_, extension)| extension) {
        Some("py") if !is_native_module => job(move |sandbox| check_own_module(sandbox, inside, text)),
        Some("pyi") => job(stubs::check),
        Some("pycon") => job(move |sandbox| run_session(sandbox, inside, text)),
        Some("py") if in_package => job(move |sandbox| import_module(sandbox, inside, text)),
        Some("py") if OF_PYTEST.is_match(inside) => job(move |sandbox| compare_tests(sandbox, inside, text)),
        Some("py") => job(move |sandbox| run_script(sandbox, inside, text)),
        _ => bail!("{inside}: no check knows how to prove this file"),
    })
}

/// A session's inputs and outputs, compared by doctest.
fn run_session(sandbox: &Sandbox, inside: &str, text: &str) -> Result<()> {
    ensure!(text.contains(">>> "), "no `>>> ` in it");
    scratch(sandbox, inside, text)?.must("python", &["-m", "doctest", inside]).map(drop)
}

/// The Python file of a Rust program: the copy, whose tests use it, holds this text and no other.
fn check_own_module(sandbox: &Sandbox, inside: &str, text: &str) -> Result<()> {
    must_hold(sandbox, inside, |own| own == text)?;
    must_compile(&scratch(sandbox, inside, text)?, inside)
}

/// A file of the package: the copy holds this text, and Python imports it without a word.
fn import_module(sandbox: &Sandbox, inside: &str, text: &str) -> Result<()> {
    must_hold(sandbox, inside, |own| own.contains(text))?;
    let module =
        inside.trim_start_matches("python/").trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
    let said = sandbox.must("python", &["-W", "error", "-c", &format!("import {module}")])?;
    ensure!(said.is_empty(), "importing {module} printed:\n{said}");
    Ok(())
}

/// A file for pytest: the copy, whose tests or transcripts run it, holds this text, and Python can compile it.
fn compare_tests(sandbox: &Sandbox, inside: &str, text: &str) -> Result<()> {
    must_hold(sandbox, inside, |own| own.contains(text))?;
    let is_run = is_run(&sandbox.folder, inside)?;
    ensure!(is_run, "{inside}: nothing runs it: it is not below tests/, and no transcript or test names its folder");
    must_compile(sandbox, inside)
}

fn must_compile(sandbox: &Sandbox, inside: &str) -> Result<()> {
    sandbox.must("python", &["-W", "error", "-m", "py_compile", inside]).map(drop)
}

fn must_hold(sandbox: &Sandbox, inside: &str, holds: impl Fn(&str) -> bool) -> Result<()> {
    let own = files::read(&sandbox.folder.join(inside))?;
    ensure!(holds(&own), "{inside}: the page shows other text than the crate holds");
    Ok(())
}

/// Whether pytest collects the file, or a transcript or a test of the crate names the folder that it is in.
fn is_run(folder: &Path, inside: &str) -> Result<bool> {
    if inside.starts_with("tests/") {
        return Ok(true);
    }
    // Of a file beside the manifest, its own name.
    let top = regex::escape(inside.split('/').next().unwrap_or(inside));
    let in_command = Regex::new(&format!(r"(?:^|[\s/]){top}(?:$|[\s/:])")).context("the pattern is valid")?;
    let in_test = Regex::new(&format!(r#"["'/]{top}["'/]"#)).context("the pattern is valid")?;
    for capture in captures::beside(folder)? {
        if transcript::parse(&files::read(&capture)?)?.iter().any(|entry| in_command.is_match(&entry.command)) {
            return Ok(true);
        }
    }
    for test in files::below(&folder.join("tests"))? {
        if test.extension().is_some_and(|end| end == "py") && in_test.is_match(&files::read(&test)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A script: the page's text is run by itself and must print what the transcript of its name shows.
fn run_script(sandbox: &Sandbox, inside: &str, text: &str) -> Result<()> {
    let scratch = scratch(sandbox, inside, text)?;
    let capture = captures::named(&sandbox.folder, inside.trim_end_matches(".py"), sandbox.project.release.minor)?;
    let expected = transcribed(&capture, inside)?;
    let came = captures::output(inside, scratch.shell(&format!("python {inside}")))?;
    capture.rules.compare(&expected, &came).with_context(|| format!("{inside} printed something else"))
}

/// What the script printed, by the command `… python3 script` of a capture.
fn transcribed(capture: &Capture, inside: &str) -> Result<String> {
    let command = format!("python3 {inside}");
    let entry = capture.entries.iter().find(|entry| entry.command.ends_with(&command));
    let entry = entry.with_context(|| format!("{}: has no `{command}`", capture.path.display()))?;
    let lines: Vec<&str> = entry.output.lines().collect();
    let installed = lines.iter().rposition(|line| line.starts_with("🛠")).map_or(0, |index| index + 1);
    Ok(lines[installed..].iter().map(|line| format!("{line}\n")).collect())
}

/// A folder with nothing in it but the page's text: what the page does not show is not there.
fn scratch<'a>(sandbox: &Sandbox<'a>, inside: &str, text: &str) -> Result<Sandbox<'a>> {
    let name = &files::hash(&format!("{inside}\n{text}"))[..12];
    let folder = sandbox.folder.with_extension("blocks").join(name);
    files::write_if_changed(&folder.join(inside), text.as_bytes())?;
    Ok(sandbox.in_folder(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::page::{Fence, Page};

    #[test]
    fn files_of_pytest_are_known_by_their_names() {
        let is_of_pytest = |inside: &str| OF_PYTEST.is_match(inside);
        assert!(is_of_pytest("tests/conftest.py") && is_of_pytest("kept/test_kept.py") && is_of_pytest("test_a.py"));
        assert!(is_of_pytest("tests/a_test.py"));
        assert!(!is_of_pytest("tests/typed_consumer.py") && !is_of_pytest("latest_price.py"));
        assert!(!is_of_pytest("tests/a_conftest.py") && !is_of_pytest("test_kept/kept.py"));
    }

    #[test]
    fn a_file_of_pytest_must_be_run_by_something() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |file: &str, text: &str| {
            files::write_if_changed(&folder.path().join(file), text.as_bytes()).expect("a file");
        };
        write("a.console", "$ python3 -m pytest kept\nseen\n");
        write("tests/test_a.py", "conftest = HERE / \"older\" / \"conftest.py\"\nold = 1\n");
        let run = |inside: &str| is_run(folder.path(), inside).expect("its files");
        assert!(run("tests/conftest.py") && run("kept/test_kept.py") && run("older/conftest.py"));
        assert!(!run("seen/test_a.py") && !run("old/conftest.py") && !run("test_b.py"));
    }

    #[test]
    fn the_same_text_of_a_file_is_proved_once_for_all_its_blocks() {
        let shown = [
            (9, "python", "examples/first/tokio/b.py", "b\n"),
            (1, "python", "examples/first/tokio/a.py", "a\n"),
            (5, "python", "examples/first/tokio/a.py", "a\n"),
            (7, "python", "examples/first/tokio/a.py", "a part\n"),
            (3, "pycon", "examples/first/tokio/c.pycon", ">>> c\n"),
            (4, "rust", "examples/first/tokio/src/lib.rs", "// d\n"),
            (6, "python", "ci/python_is_fit.py", "e\n"),
        ];
        let page = Page::of("en", "a.md", "");
        let fences = shown.map(|(line, kind, ..)| Fence { line, info: kind.to_owned(), include: None });
        let blocks: Vec<Block> = fences
            .iter()
            .zip(shown)
            .map(|(fence, (_, _, file, text))| Block { page: &page, fence, file, text: text.to_owned() })
            .collect();
        let blocks: Vec<&Block> = blocks.iter().collect();
        let found: Vec<String> = texts(&blocks)
            .into_iter()
            .map(|((inside, text), proofs)| {
                let lines: Vec<usize> = proofs.iter().map(|proof| proof.line).collect();
                assert!(proofs.iter().all(|proof| proof.kind == Kind::PythonBlocks && proof.file == "book/en/a.md"));
                format!("{inside} {} {lines:?}", text.trim_end())
            })
            .collect();
        assert_eq!(found, ["a.py a [1, 5]", "a.py a part [7]", "b.py b [9]", "c.pycon >>> c [3]"]);
    }

    #[test]
    fn a_file_that_no_check_can_prove_is_refused() {
        for (inside, is_native_module) in [
            ("a.py", true),
            ("a.py", false),
            ("python/a/__init__.py", true),
            ("python/a/b.pyi", true),
            ("a.pycon", true),
        ] {
            assert!(job_for(inside, "", is_native_module).is_ok(), "{inside}");
        }
        for inside in ["a.rb", "README", "a.py.txt"] {
            let error = job_for(inside, "", true).err().expect("refused");
            assert_eq!(error.to_string(), format!("{inside}: no check knows how to prove this file"));
        }
    }

    #[test]
    fn a_script_must_print_what_comes_after_the_installation() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "$ cargo build\n...\n$ maturin develop && python3 a.py\nbuilt\n🛠 Installed a-0.1.0\nhello\nthere\n\
                    $ python3 -W error a.py\n";
        files::write_if_changed(&folder.path().join("a.console"), text.as_bytes()).expect("a file");
        let capture = captures::named(folder.path(), "a", 11).expect("a capture");
        assert_eq!(transcribed(&capture, "a.py").expect("its command"), "hello\nthere\n");
        let error = transcribed(&capture, "b.py").expect_err("no such command");
        assert!(error.to_string().ends_with("a.console: has no `python3 b.py`"), "{error}");
    }
}
