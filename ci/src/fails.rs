//! Programs that must not compile: `fails/NAME.rs` of a crate, and what the compiler says of it in
//! `fails/NAME.stderr`. The crate's test `tests/fails.rs` lets trybuild compile and compare them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::expand::Block;
use crate::project::{self, ExampleCrate};
use crate::workshop::{self, Bench};

const FOLDER: &str = "fails";
const TEST: &str = "tests/fails.rs";
const CALL: &str = "compile_fail(\"fails/*.rs\")";
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

/// Programs without a message, messages without a program, either that no page shows, and folders
/// whose programs nobody compiles: a line each.
pub fn problems(
    root: &Path,
    crates: &[ExampleCrate],
    shown: &BTreeSet<String>,
) -> Result<Vec<String>> {
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
            if !shown.contains(&name) {
                problems.push(format!("{name}: no page shows it"));
            }
        }
    }
    Ok(problems)
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
}
