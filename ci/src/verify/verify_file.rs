//! `verify-file`: the Rust checks on somebody else's Markdown file, with the dependencies it asks for.
//!
//! A block without `fn main` is put into one, as rustdoc does. A `no_run` block is run all the same:
//! what its author never ran is what a reader wants to know about.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use crate::repo::{files, page};
use crate::run::{Project, command, project};
use crate::verify::rust_blocks;

/// A program of a document that runs longer than this is a server, or hangs.
const LIMIT: Duration = Duration::from_secs(60);

struct Block {
    line: usize,
    info: String,
    /// As skeptic reads it.
    fenced: String,
    claim: Claim,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Claim {
    Runs,
    Panics,
    DoesNotCompile,
    /// `ignore`: nothing is said.
    Nothing,
}

/// Compiles and runs every Rust block of a file, with dependencies such as `NAME@VERSION[:FEATURE,...]`.
pub fn verify_file(project: &Project, file: &str, deps: &[String]) -> Result<()> {
    let blocks = blocks(&files::read(Path::new(file))?);
    ensure!(!blocks.is_empty(), "{file}: has no Rust block");
    let place = project.builds.join("verify-file");
    let (document, lines) = rust_blocks::document(blocks.iter().map(|block| block.fenced.as_str()));
    prepare(project, &place, &document, deps)?;
    println!("building {} dependencies in {}", deps.len(), place.display());
    let built = command::run(tests(project, &place)?.arg("--no-run"))?;
    ensure!(built.success, "the dependencies do not build:\n{}", built.text.trim_end());
    let (total, mut failed) = (blocks.len(), 0);
    for (number, Block { line, info, fenced, claim }) in (1..).zip(&blocks) {
        let start = Instant::now();
        let problem = problem(project, &place, *claim, lines[fenced.as_str()])?;
        let word = if problem.is_none() { "ok    " } else { "FAILED" };
        let took = start.elapsed().as_secs_f64();
        println!("[{number:>2}/{total}] {word} {took:>5.1} s  {file}:{line}: {info}");
        if let Some(why) = problem {
            failed += 1;
            println!("    {}", why.trim_end().replace('\n', "\n    "));
        }
    }
    println!("\n{} passed, {failed} failed", total - failed);
    ensure!(failed == 0, "{failed} of {total} blocks are not what they say");
    Ok(())
}

fn blocks(text: &str) -> Vec<Block> {
    let block = |(line, info, code): (usize, String, String)| {
        let claim = claim(&info)?;
        let program = if code.contains("fn main") { code } else { format!("fn main() {{\n{code}}}\n") };
        Some(Block { line, claim, fenced: format!("````rust\n{program}````\n"), info })
    };
    page::fences(text).into_iter().filter_map(block).collect()
}

/// What a fence says of its block, if it is Rust, as rustdoc reads it.
fn claim(info: &str) -> Option<Claim> {
    const CLAIMS: [(&str, Claim); 3] =
        [("ignore", Claim::Nothing), ("compile_fail", Claim::DoesNotCompile), ("should_panic", Claim::Panics)];
    let mut words = info.split([',', ' ', '{', '}', '.']).filter(|word| !word.is_empty());
    words.next().filter(|language| *language == "rust")?;
    let words: Vec<&str> = words.collect();
    let claim = CLAIMS.into_iter().find(|(word, _)| words.contains(word));
    Some(claim.map_or(Claim::Runs, |(_, claim)| claim))
}

/// Writes the crate that tests the blocks, and the file that skeptic reads.
fn prepare(project: &Project, place: &Path, document: &str, deps: &[String]) -> Result<()> {
    let skeptic = project.repo.root.join("ci/skeptic");
    for file in ["build.rs", "tests/snippets.rs"] {
        files::write_if_changed(&place.join(file), files::read(&skeptic.join(file))?.as_bytes())?;
    }
    let manifest = manifest(&files::read(&skeptic.join("Cargo.toml"))?, deps)?;
    files::write_if_changed(&place.join("Cargo.toml"), manifest.as_bytes())?;
    files::write_if_changed(&place.join("snippets.md"), document.as_bytes())
}

/// The manifest of our own skeptic crate, with other dependencies.
fn manifest(ours: &str, deps: &[String]) -> Result<String> {
    let mut table: Table = toml::from_str(ours).context("ci/skeptic/Cargo.toml is not TOML")?;
    let dependencies = table.get_mut("dev-dependencies").and_then(Value::as_table_mut);
    let dependencies = dependencies.context("ci/skeptic/Cargo.toml has no [dev-dependencies]")?;
    dependencies.retain(|name, _| name == "skeptic");
    for dep in deps {
        let usage = || format!("{dep}: write NAME@VERSION or NAME@VERSION:FEATURE,FEATURE");
        let (name, rest) = dep.split_once('@').with_context(usage)?;
        let (version, features) = rest.split_once(':').unwrap_or((rest, ""));
        let features: Vec<&str> = features.split(',').filter(|name| !name.is_empty()).collect();
        let value = [("version".to_owned(), version.into()), ("features".to_owned(), features.into())];
        dependencies.insert(name.to_owned(), Table::from_iter(value).into());
    }
    table.insert("workspace".to_owned(), Table::new().into());
    toml::to_string(&table).context("the manifest is not TOML")
}

/// Why the block that skeptic names after this line is not what its author says, if it is not.
fn problem(project: &Project, place: &Path, claim: Claim, line: usize) -> Result<Option<String>> {
    if claim == Claim::Nothing {
        return Ok(None);
    }
    let mut command = tests(project, place)?;
    command.args(["--test", "snippets", "--", "--exact", &format!("snippets_line_{line}")]);
    let ended = command::run_within(&mut command, LIMIT, command::GRACE)?;
    let verdicts = rust_blocks::parse(&ended.text);
    let Some(verdict) = verdicts.get(&line) else {
        return Ok(Some(format!("it did not end:\n{}", ended.text.trim_end())));
    };
    let output = verdict.output.as_str();
    let (truth, why) = if verdict.word == "ok" {
        (Claim::Runs, "it compiles and runs to its end".to_owned())
    } else if output.contains("error: aborting due to") || output.contains("error: could not compile") {
        (Claim::DoesNotCompile, format!("it does not compile:\n{output}"))
    } else {
        (Claim::Panics, format!("it compiles, and fails when it is run:\n{output}"))
    };
    Ok((claim != truth).then_some(why))
}

fn tests(project: &Project, place: &Path) -> Result<Command> {
    let mut command = rust_blocks::skeptic_tests(project, place, &place.join("snippets.md"), "verify-file/target")?;
    command.env("PYTHONPATH", project::packages_of(&project.python)?);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_read_as_rustdoc_reads_it() {
        assert_eq!(claim("rust no_run"), Some(Claim::Runs));
        assert_eq!(claim("rust,compile_fail"), Some(Claim::DoesNotCompile));
        assert_eq!(claim("rust,ignore"), Some(Claim::Nothing));
        assert_eq!(claim("python"), None);
    }

    #[test]
    fn a_dependency_has_a_version_and_perhaps_features() {
        let ours = "[package]\nname = \"a\"\n[dev-dependencies]\nskeptic = \"=0.1.0\"\nold = \"1\"\n";
        let made = manifest(ours, &["pyo3@0.30.1:full,extra", "tokio@1"].map(str::to_owned)).expect("well written");
        let table: Table = toml::from_str(&made).expect("TOML");
        let deps = &table["dev-dependencies"];
        assert_eq!(deps["pyo3"]["features"][1].as_str(), Some("extra"));
        assert_eq!(deps["tokio"]["version"].as_str(), Some("1"));
        assert!(deps.get("old").is_none() && deps.get("skeptic").is_some());
        assert!(manifest(ours, &["pyo3".to_owned()]).is_err());
    }
}
