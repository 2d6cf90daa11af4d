//! `test-uvloop`: the tests of every crate, with uvloop's event loops in the place of asyncio's.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::measure::each_crate;
use crate::repo::{Bridge, ExampleCrate, Pattern, Repo, Share};
use crate::run::{LockFile, Project, Sandbox, command, sandbox::UVLOOP};
use crate::verify::{Step, crates, test_output};

/// `ci/uvloop/differs.toml`: the tests that must fail on uvloop.
#[derive(Deserialize)]
pub struct Known {
    differs: Vec<Differs>,
}

#[derive(Deserialize)]
struct Differs {
    #[serde(rename = "crate")]
    example: String,
    test: String,
    /// What uvloop does instead.
    uvloop: String,
    /// It differs in `stress` only, where tests are long.
    #[serde(default)]
    if_long: bool,
}

/// Every test of the current bridge's crates. Those that `differs.toml` lists must fail, and no others. The topics
/// that are about uvloop set it up themselves.
pub fn test_uvloop(project: &Project, share: Share) -> Result<()> {
    let known = Known::of(&project.repo)?;
    let mut crates = project.crates(None)?;
    crates.retain(|example| {
        let sets_it_up = example.topic.starts_with("uvloop") || example.is_workspace;
        let has_tests = project.repo.below(&example.dir).any(|(file, _)| file.starts_with("tests/"));
        example.bridge == Bridge::Current && !sets_it_up && has_tests
    });
    let step = |example: &ExampleCrate| Step::of(format!("{} on uvloop", example.name()), "ci/just test-uvloop");
    each_crate(project, "test-uvloop", crates, share, step, |example| {
        let mut sandbox = Sandbox::set_up(project, example, LockFile::Seeded)?;
        let (program, arguments): (_, &[&str]) = if example.is_native_module {
            crates::build(&sandbox)?;
            ("python", &test_output::pytest("tests"))
        } else {
            ("cargo", &["test", "--no-fail-fast"])
        };
        sandbox.use_uvloop()?;
        sandbox.exit_once();
        known.judge(example, &sandbox.run(program, arguments)?, false)
    })
}

impl Known {
    pub fn of(repo: &Repo) -> Result<Self> {
        repo.table(&format!("{UVLOOP}/differs.toml"))
    }

    /// Whether the tests of a crate ended as they should on uvloop, those of `stress` if they are `long`.
    pub fn judge(&self, example: &ExampleCrate, ended: &command::Output, long: bool) -> Result<()> {
        let (passed, failed) = (names(&PASSED, &ended.text), names(&FAILED, &ended.text));
        let of_crate = self.differs.iter().filter(|one| one.example == example.name());
        let known: Vec<_> = of_crate.filter(|one| long || !one.if_long).collect();
        for Differs { test, uvloop, .. } in &known {
            let passes = passed.contains(test.as_str());
            ensure!(!passes, "{UVLOOP}/differs.toml: {test} passes, though of uvloop it says: {uvloop}");
        }
        let new: Vec<&&str> = failed.iter().filter(|name| known.iter().all(|one| one.test != **name)).collect();
        let is_sound = new.is_empty() && !passed.is_empty() && (ended.success || !failed.is_empty());
        ensure!(is_sound, "on uvloop {new:?} failed:\n{}", ended.text.trim_end());
        Ok(())
    }
}

/// The lines of pytest and of libtest with each verdict; the group that took part is the name.
static PASSED: Pattern = Pattern::of(r"(?m)^\S+::(\w+)\S*(?: .*)? PASSED\b|^test (?:\S+::)?(\w+) \.\.\. ok$");
static FAILED: Pattern =
    Pattern::of(r"(?m)^\S+::(\w+)\S*(?: .*)? (?:FAILED|ERROR)\b|^test (?:\S+::)?(\w+) \.\.\. FAILED$");

fn names<'a>(verdicts: &Pattern, output: &'a str) -> BTreeSet<&'a str> {
    let names = verdicts.captures_iter(output).filter_map(|found| found.get(1).or_else(|| found.get(2)));
    names.map(|name| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
tests/test_a.py::test_one PASSED                 [ 50%]
tests/test_a.py::test_of_many[3 items] FAILED    [ 60%]
tests/test_a.py::test_not_here SKIPPED (Windows) [100%]
test a_rust_test ... ok
test tests::another ... FAILED
test result: ok. 4 passed; 0 failed
";

    #[test]
    fn the_names_are_those_of_pytest_and_of_libtest() {
        assert_eq!(names(&PASSED, OUTPUT), BTreeSet::from(["a_rust_test", "test_one"]));
        assert_eq!(names(&FAILED, OUTPUT), BTreeSet::from(["another", "test_of_many"]));
    }
}
