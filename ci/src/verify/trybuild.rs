//! Programs that must not compile: trybuild has compiled and compared each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::check::compile_fail::{self, FOLDER};
use crate::repo::example::ExampleCrate;
use crate::repo::files;
use crate::run::sandbox::Sandbox;
use crate::verify::expand::Block;

/// Whether the block shows a program that must not compile.
pub fn is_shown_by(block: &Block) -> bool {
    block.example().is_some_and(|file| compile_fail::holds(file.inside))
}

/// `cargo test` also succeeds where trybuild was not asked for one of the programs.
pub fn all_compared(example: &ExampleCrate, output: &str) -> Result<()> {
    for file in files::within(&example.folder.join(FOLDER))? {
        let name = files::slashed(&file);
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
pub fn bless(sandbox: &Sandbox) -> Result<BTreeMap<PathBuf, String>> {
    let test = ["TRYBUILD=overwrite", "cargo", "test", "--test", "fails"];
    sandbox.must("env", &test)?;
    let mut said = BTreeMap::new();
    for file in files::within(&sandbox.folder.join(FOLDER))? {
        if file.extension().is_some_and(|end| end == "stderr") {
            let file = Path::new(FOLDER).join(file);
            said.insert(file.clone(), files::read(&sandbox.folder.join(file))?);
        }
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn only_a_program_whose_message_is_the_same_was_compared() {
        let output = "test fails/a.rs ... ok\ntest fails/b.rs ... mismatch\n";
        assert!(compared("a.rs", output));
        assert!(!compared("b.rs", output));
        assert!(!compared("c.rs", output));
    }

    fn block(file: &str) -> Block {
        let text = |text: &str| text.to_owned();
        Block {
            page: text("book/en/a.md"),
            line: 3,
            language: text("en"),
            info: text("rust"),
            kind: text("rust"),
            file: text(file),
            text: String::new(),
        }
    }

    #[test]
    fn a_program_that_must_not_compile_is_known_by_its_folder() {
        assert!(is_shown_by(&block("examples/first/tokio/fails/a.rs")));
        assert!(!is_shown_by(&block("examples/first/tokio/src/fails.rs")));
        assert!(!is_shown_by(&block("fails/a.rs")));
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
        let error = all_compared(&example, "test fails/a.rs ... ok\n").expect_err("one is missing");
        assert_eq!(error.to_string(), "fails/b.rs: `cargo test` does not say that it compiled and compared it");
    }
}
