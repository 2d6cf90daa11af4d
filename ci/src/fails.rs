//! Programs that must not compile: `fails/NAME.rs` of a crate, and what the compiler says of it in
//! `fails/NAME.stderr`. The crate's test `tests/fails.rs` lets trybuild compile and compare them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Result, bail};
use regex::Regex;
use walkdir::WalkDir;

use crate::expand::Block;
use crate::page::Page;
use crate::project::{self, ExampleCrate};
use crate::workshop::{self, Bench};

const FOLDER: &str = "fails";
const TEST: &str = "tests/fails.rs";
const CALL: &str = "compile_fail(\"fails/*.rs\")";
static CODE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^error\[(E\d+)\]").expect("valid"));
/// How a page marks such a program.
pub const INFO: &str = "rust,compile_fail";

/// Whether a file of an example is a program that must not compile, or what the compiler says of it.
pub fn holds(inside: &str) -> bool {
    inside.starts_with("fails/")
}

/// Whether the block shows a program that must not compile.
pub fn is_shown_by(block: &Block) -> bool {
    block.example().is_some_and(|file| holds(file.inside))
}

pub fn has_some(example: &ExampleCrate) -> bool {
    example.folder.join(FOLDER).is_dir()
}

/// `cargo test` also succeeds where trybuild was not asked for one of the programs.
pub fn all_compared(example: &ExampleCrate, output: &str) -> Result<()> {
    for file in workshop::sources(&example.folder.join(FOLDER))? {
        let name = project::slashed(&file);
        if name.ends_with(".rs") && !compared(&name, output) {
            bail!("{FOLDER}/{name}: `cargo test` does not say that it compiled and compared it");
        }
    }
    Ok(())
}

fn compared(name: &str, output: &str) -> bool {
    let said = format!("test {FOLDER}/{name} ... ok");
    output.lines().any(|line| line == said)
}

/// What the compiler says now, by file.
pub fn bless(bench: &Bench) -> Result<BTreeMap<PathBuf, String>> {
    let test = ["TRYBUILD=overwrite", "cargo", "test", "--test", "fails"];
    bench.must("env", &test)?;
    let mut said = BTreeMap::new();
    for file in workshop::sources(&bench.folder.join(FOLDER))? {
        if file.extension().is_some_and(|end| end == "stderr") {
            let file = Path::new(FOLDER).join(file);
            said.insert(file.clone(), project::read(&bench.folder.join(file))?);
        }
    }
    Ok(said)
}

/// Whether a page includes the file, or names the outcome of its program: `{{builds:TOPIC/VARIANT/NAME}}`.
fn is_shown(name: &str, example: &ExampleCrate, file: &Path, pages: &[Page]) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let outcome = format!("{{{{builds:{}/{stem}}}}}", example.name());
    pages.iter().any(|page| {
        let mut includes = page
            .fences
            .iter()
            .filter_map(|fence| fence.include.as_ref());
        page.text.contains(&outcome) || includes.any(|include| include.file == name)
    })
}

/// Programs without a message, messages without a program, either that no page shows, and folders
/// whose programs nobody compiles: a line each.
pub fn problems(root: &Path, crates: &[ExampleCrate], pages: &[Page]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for example in crates.iter().filter(|example| has_some(example)) {
        let name = format!("examples/{}", example.name());
        if example.is_native_module() {
            problems.push(format!(
                "{name}/{FOLDER}: the tests of a native module are Python's: no check compiles these"
            ));
        }
        let test = std::fs::read_to_string(example.folder.join(TEST)).unwrap_or_default();
        if !test.contains(CALL) {
            problems.push(format!("{name}/{TEST}: must call `{CALL}`"));
        }
        for file in workshop::sources(&example.folder.join(FOLDER))? {
            let path = example.folder.join(FOLDER).join(&file);
            let name = project::slashed(path.strip_prefix(root)?);
            let twin = match file.extension().and_then(|end| end.to_str()) {
                Some("rs") => "stderr",
                Some("stderr") => "rs",
                _ => "nothing",
            };
            if !path.with_extension(twin).is_file() {
                problems.push(format!("{name}: has no .{twin} beside it"));
            }
            if !is_shown(&name, example, &file, pages) {
                problems.push(format!(
                    "{name}: no page shows it, nor says what becomes of it"
                ));
            }
            let versions = crates.iter().filter(|other| {
                example.is_workspace() && other.is_workspace() && other.topic == example.topic
            });
            for other in versions.filter(|_| twin == "stderr") {
                problems.extend(different(root, &path, &other.folder, &file)?);
            }
        }
    }
    Ok(problems)
}

/// In another version the program may compile, but it is the same program.
fn different(root: &Path, path: &Path, other: &Path, file: &Path) -> Result<Option<String>> {
    let places = [other.join(FOLDER), other.join("src/bin")];
    let text = project::read(path)?;
    for twin in places.iter().map(|place| place.join(file)) {
        if twin.is_file() && project::read(&twin)? != text {
            return Ok(Some(format!(
                "{}: differs from {}",
                project::slashed(twin.strip_prefix(root)?),
                project::slashed(path.strip_prefix(root)?)
            )));
        }
    }
    Ok(None)
}

/// What becomes of every program of the crates, by `TOPIC/VARIANT/NAME`: `✓`, or the codes of the errors.
pub fn outcomes(crates: &[ExampleCrate]) -> Result<BTreeMap<String, String>> {
    let mut outcomes = BTreeMap::new();
    for example in crates {
        for (folder, extension) in [("src/bin", "rs"), (FOLDER, "stderr")] {
            let folder = example.folder.join(folder);
            for entry in WalkDir::new(&folder).max_depth(1).into_iter().flatten() {
                let path = entry.path();
                if path.extension().is_none_or(|end| end != extension) {
                    continue;
                }
                let outcome = match extension {
                    "stderr" => codes(&project::read(path)?),
                    _ => Some("✓".to_owned()),
                };
                let Some(outcome) = outcome else { continue };
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                outcomes.insert(format!("{}/{name}", example.name()), outcome);
            }
        }
    }
    Ok(outcomes)
}

/// The codes of the errors. Not every error has one: a page says of such a program what it is told.
fn codes(said: &str) -> Option<String> {
    let codes: BTreeSet<&str> = CODE
        .captures_iter(said)
        .filter_map(|found| found.get(1))
        .map(|code| code.as_str())
        .collect();
    (!codes.is_empty()).then(|| codes.into_iter().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_program_whose_message_is_the_same_was_compared() {
        let output = "test fails/a.rs ... ok\ntest fails/b.rs ... mismatch\n";
        assert!(compared("a.rs", output));
        assert!(!compared("b.rs", output));
        assert!(!compared("c.rs", output));
    }

    #[test]
    fn each_code_is_named_once() {
        let said = "error[E0425]: a\n\nerror[E0308]: b\n\nerror[E0425]: c\n";
        assert_eq!(codes(said).as_deref(), Some("E0308, E0425"));
        assert_eq!(codes("error: expected item\n"), None);
    }
}
