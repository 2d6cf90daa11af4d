//! `stress`: the long tests, and `ci/stress.toml`, which says on which Python each has passed, for pages.

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;

use crate::measure::uvloop::Known;
use crate::repo::{ExampleCrate, files, today};
use crate::results::stress::{LONG_TESTS, LongRun, LongTest, RECORDED_FROM, STRESS, StressResults};
use crate::run::{LockFile, Project, Sandbox};
use crate::verify::{Report, Step, crates, test_output};

/// The topic whose module the exit test must see crash when nothing stops its runtime.
const CONTROL: &str = "native-module";
/// Without the stop, one exit in six crashes, or more: so many of each program show it.
const CONTROL_EXITS: u32 = 30;

/// Exits of every module with an exit test, `exits` for each of its programs, six at a time: all
/// must be clean; and the other tests that can be long. Then the exits of one topic whose runtime nothing
/// stops: the test must see crashes. On uvloop, all but this control.
/// With a `choice`, those of this topic or of this crate alone. What passes with 200 exits or more is written down.
pub fn stress(project: &Project, exits: &str, choice: Option<&str>, uvloop: bool) -> Result<()> {
    let count = exits
        .parse::<u32>()
        .ok()
        .filter(|count| (1..1_000_000).contains(count))
        .with_context(|| format!("{exits}: the number of exits must be a whole number from 1"))?;
    project.print_left_out();
    let crates = project.crates(choice)?;
    let long: Vec<_> = crates
        .iter()
        .flat_map(|example| LONG_TESTS.iter().map(move |test| (*example, test)))
        .filter(|(example, test)| example.folder.join(&test.file).is_file())
        .collect();
    let is_control =
        |(example, test): &&(&ExampleCrate, &LongTest)| example.topic == CONTROL && test.file == LONG_TESTS[0].file;
    let controls: Vec<_> = long.iter().filter(|one| !uvloop && is_control(one)).collect();
    if long.is_empty() {
        bail!("{}: none of its crates has a long test that `ci/just stress` could run", choice.unwrap_or("examples"));
    }
    let (event_loop, on) = if uvloop { ("uvloop", " --uvloop") } else { ("asyncio", "") };
    let known = uvloop.then(|| Known::of(&project.repo)).transpose()?;
    let mut results = project.repo.table::<StressResults>(STRESS)?;
    let report = Report::new(long.len() + controls.len());
    for (example, test) in &long {
        let length = test.length(count);
        let name = format!("{}: {length} {}", example.name(), test.what);
        let again = format!("ci/just stress {exits} {}{on}", example.name());
        let passed = report.step(&Step::of(name, &again), || {
            let mut sandbox = Sandbox::set_up(project, example, LockFile::Seeded)?;
            let Some(known) = &known else {
                return long_test(&sandbox, test, length, Sandbox::must).map(drop);
            };
            sandbox.use_uvloop()?;
            known.judge(example, &long_test(&sandbox, test, length, Sandbox::run)?, true)
        });
        if count >= RECORDED_FROM {
            let run = LongRun {
                name: example.name(),
                test: test.file.clone(),
                event_loop: event_loop.to_owned(),
                python: project.python_version.clone(),
                length,
                date: today::date(),
                sources: project.repo.hash_of_crate(example),
            };
            results.replace(run, passed)?;
            results.write(&project.repo.root)?;
        }
    }
    for (example, _) in controls {
        let name = format!("{} with the plain bridge: the exit test sees it", example.name());
        let again = format!("ci/just stress {exits} {}", example.name());
        report.step(&Step::of(name, &again), || plain_bridge_fails(project, example, count));
    }
    report.finish()
}

/// Builds what the test needs, and runs it in the one way or the other of a sandbox.
fn long_test<'a, T>(
    sandbox: &Sandbox<'a>,
    test: &LongTest,
    length: u32,
    run: fn(&Sandbox<'a>, &str, &[&str]) -> Result<T>,
) -> Result<T> {
    let variable = format!("{}={length}", test.variable);
    if test.file.ends_with(".rs") {
        return run(sandbox, "env", &[&variable, "cargo", "test"]);
    }
    crates::build(sandbox)?;
    run(sandbox, "env", &[&[&variable, "python"], &test_output::pytest(&test.file)[..]].concat())
}

/// The control: without it, a test that cannot fail would look the same.
///
/// CPython 3.14 hangs threads instead of ending them, so nothing crashes there.
fn plain_bridge_fails(project: &Project, example: &ExampleCrate, exits: u32) -> Result<()> {
    let sandbox = Sandbox::set_up(project, example, LockFile::Seeded)?;
    let source = sandbox.folder.join("src/lib.rs");
    // Without it, the runtime is the bridge's own, which nothing stops at exit.
    let set_up =
        Regex::new(r"(?:crate::)?runtime::set_up\((?:[^()]|\([^()]*\))*\)(\?;)?").context("the pattern is valid")?;
    let text = files::read(&source)?;
    let changed = set_up.replace(&text, |found: &regex::Captures| if found.get(1).is_some() { "" } else { "Ok(())" });
    ensure!(changed != text, "{}: calls no `crate::runtime::set_up` that could be taken out", source.display());
    files::write_if_changed(&source, changed.as_bytes())?;
    match long_test(&sandbox, &LONG_TESTS[0], exits.min(CONTROL_EXITS), Sandbox::must) {
        // By a signal, or by what a thread that was ended has printed: which comes first is luck.
        Err(error) if format!("{error:#}").contains("not clean: [(") => Ok(()),
        Err(error) => Err(error.context("the exit test failed, but not by an exit")),
        Ok(_) if project.release.minor >= 14 => Ok(()),
        Ok(_) => bail!("every exit was clean: the exit test proves nothing here"),
    }
}
