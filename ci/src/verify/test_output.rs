//! What pytest, libtest and trybuild print: which tests ran, and whether one was skipped.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};

use crate::check::compile_fail;
use crate::repo::{ExampleCrate, Pattern, Release, files, free_threaded::Older};

static PYTHON_TEST: Pattern = Pattern::of(concat!(
    r"(?m)^PASSED \S+\.py::(?:\w+::)*(\w+)(?:\[.*\])?",
    r"|^\S+\.py::(?:\w+::)*(\w+)(?:\[.*\])? (?:PASSED|SKIPPED)",
));
static RUST_TEST: Pattern = Pattern::of(r"(?m)^test (?:\w+::)*(\w+) \.\.\. ok$");

/// What `python` gets for the tests of a crate: a line for each test, with its verdict.
pub fn pytest(what: &str) -> [&str; 7] {
    ["-m", "pytest", "-v", "-rps", "-p", "no:cacheprovider", what]
}

/// The tests that pytest names: those that passed, and those it skipped. What a late thread prints may stand in the
/// line of a test, so those that passed are taken from the summary as well.
pub fn python_tests(output: &str) -> BTreeSet<String> {
    let names = PYTHON_TEST.captures_iter(output).filter_map(|found| found.get(1).or_else(|| found.get(2)));
    names.map(|name| name.as_str().to_owned()).collect()
}

/// The tests that libtest, or the bridge's own harness, says passed.
pub fn rust_tests(output: &str) -> BTreeSet<String> {
    RUST_TEST.captures_iter(output).map(|found| found[1].to_owned()).collect()
}

/// A test that was skipped proves nothing, unless it says which Python or system it is for, that it looks on with a
/// debugger, which is not everywhere, or that it needs the GIL or a tool, on a Python without it.
pub fn no_test_skipped(output: &str, release: Release, older: Option<&Older>) -> Result<()> {
    let everywhere = ["Python 3.", "Windows", "needs gdb", "needs /proc", "needs all its CPU time", "needs unshare"];
    let gil = release.is_free_threaded.then_some("needs the GIL");
    let tools = older.into_iter().flat_map(|older| older.tools.keys()).map(|tool| format!("{tool} is not installed"));
    let excuses: Vec<String> = everywhere.into_iter().chain(gil).map(str::to_owned).chain(tools).collect();
    let excused = |line: &str| excuses.iter().any(|excuse| line.contains(excuse));
    let skipped = output.lines().find(|line| line.starts_with("SKIPPED") && !excused(line));
    skipped.map_or(Ok(()), |line| bail!("a test is skipped: {line}"))
}

/// `cargo test` also succeeds where there is no test.
pub fn some_test_passed(output: &str) -> Result<()> {
    let passed = output.lines().any(|line| line.starts_with("test ") && line.ends_with("... ok"));
    ensure!(passed, "the crate has no test that runs");
    ensure!(!output.contains("... ignored"), "a test is ignored:\n{output}");
    Ok(())
}

/// `cargo test` also succeeds where trybuild was not asked for one of the programs that must not compile.
pub fn all_compared(example: &ExampleCrate, output: &str) -> Result<()> {
    for file in files::within(&example.folder.join(compile_fail::FOLDER))? {
        let name = format!("{}/{}", compile_fail::FOLDER, files::slashed(&file));
        let said = format!("test {name} ... ok");
        let compared = !name.ends_with(".rs") || output.lines().any(|line| line == said);
        ensure!(compared, "{name}: `cargo test` does not say that it compiled and compared it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn a_python_test_ran_whatever_its_parameters_look_like() {
        let text = "tests/test_a.py::test_one PASSED [ 33%]\n\
            tests/test_a.py::test_two[&str-a b] PASSED [ 66%]\ntests/test_a.py::test_three FAILED\n\
            tests/test_a.py::test_four Traceback (most recent call last):\nPASSED\n\
            PASSED tests/test_a.py::test_four\nFAILED tests/test_a.py::test_three - no\n";
        let ran = python_tests(text);
        assert_eq!(ran.into_iter().collect::<Vec<_>>(), ["test_four", "test_one", "test_two"]);
    }

    #[test]
    fn a_rust_test_ran_only_if_it_is_said_to_be_ok() {
        let text = "running 3 tests\ntest it_adds ... ok\ntest inside::of::it_ends ... ok\ntest it_fails ... FAILED\n\
            test it_waits ... ignored\n";
        assert_eq!(rust_tests(text).into_iter().collect::<Vec<_>>(), ["it_adds", "it_ends"]);
    }

    #[test]
    fn a_test_is_skipped_only_with_an_excuse() {
        let release = Release { minor: 11, is_free_threaded: false };
        let said = |text: &str| no_test_skipped(text, release, None).map_err(|error| error.to_string());
        assert_eq!(said("SKIPPED [1] tests/a.py:3: needs Python 3.12\nSKIPPED [2] a.py: not on Windows\n"), Ok(()));
        let machine = "SKIPPED [1] a.py:3: needs /proc\nSKIPPED [1] a.py:9: needs all its CPU time: a quota\n";
        assert_eq!(said(machine), Ok(()));
        assert!(said("SKIPPED [1] a.py:3: needs the GIL\n").is_err());
        assert!(said("SKIPPED [1] a.py:3: uvloop is not installed\n").is_err());
        assert_eq!(said("a line about SKIPPED tests\n"), Ok(()));
        let text = "SKIPPED [1] a.py: needs gdb\nSKIPPED [1] tests/a.py:3: too slow\n";
        assert_eq!(said(text), Err("a test is skipped: SKIPPED [1] tests/a.py:3: too slow".to_owned()));
    }

    #[test]
    fn on_a_python_without_the_gil_a_test_may_need_it_and_the_tools_that_are_not_there() {
        let older = "python = \"3.13t\"\n[versions]\n[tools]\nuvloop = \"it has no wheel\"\n";
        let repo = tree(&[("ci/free-threaded/older.toml", older)]);
        let release = Release::of("3.13t").expect("a release");
        let older = Older::of(&repo, release).expect("it is sound");
        let said = |text: &str| no_test_skipped(text, release, older.as_ref()).is_ok();
        assert!(said("SKIPPED [1] a.py:3: needs the GIL\nSKIPPED [1] a.py:3: uvloop is not installed\n"));
        assert!(!said("SKIPPED [1] a.py:3: mypy is not installed\n"));
    }

    #[test]
    fn a_crate_without_a_test_that_runs_is_refused() {
        let said = |text: &str| some_test_passed(text).map_err(|error| error.to_string());
        assert_eq!(said("test it_adds ... ok\n"), Ok(()));
        let none = "the crate has no test that runs".to_owned();
        assert_eq!(said("running 0 tests\n"), Err(none.clone()));
        assert_eq!(said("test it_waits ... ignored\n"), Err(none));
        let text = "test it_adds ... ok\ntest it_waits ... ignored\n";
        assert_eq!(said(text), Err(format!("a test is ignored:\n{text}")));
    }

    #[test]
    fn pytest_is_asked_for_a_line_of_each_test() {
        assert_eq!(pytest("tests/a.py").join(" "), "-m pytest -v -rps -p no:cacheprovider tests/a.py");
    }

    #[test]
    fn each_program_of_the_crate_must_have_been_compared() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["fails/a.rs", "fails/a.stderr", "fails/b.rs", "src/main.rs"] {
            files::write_if_changed(&folder.path().join(file), b"").expect("a file");
        }
        let mut example = tree(&[]).crates.remove(0);
        example.folder = folder.path().to_path_buf();
        assert!(all_compared(&example, "test fails/a.rs ... ok\ntest fails/b.rs ... ok\n").is_ok());
        assert!(all_compared(&example, "test fails/a.rs ... ok\ntest fails/b.rs ... mismatch\n").is_err());
        let error = all_compared(&example, "test fails/a.rs ... ok\n").expect_err("one is missing");
        assert_eq!(error.to_string(), "fails/b.rs: `cargo test` does not say that it compiled and compared it");
    }
}
