//! `verify-file`: the Rust checks on somebody else's Markdown file, with the dependencies it asks for.
//!
//! A block without `fn main` is put into one, as rustdoc does. A `no_run` block is run all the same:
//! what its author never ran is what a reader wants to know about.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

use crate::repo::{files, page};
use crate::run::command;
use crate::run::project::{self, Project};
use crate::verify::rust_blocks;

/// A program of a document that runs longer than this is a server, or hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A Rust block of the file, and what its author says of it.
struct Block {
    line: usize,
    info: String,
    code: String,
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
    let text = files::read(Path::new(file))?;
    let blocks = blocks(&text);
    if blocks.is_empty() {
        bail!("{file}: has no Rust block");
    }
    let place = project.builds.join("verify-file");
    let lines = prepare(project, &place, &blocks, deps)?;
    println!("building {} dependencies in {}", deps.len(), place.display());
    let built = command::run(cargo(project, &place)?.args(["test", "--no-run"]))?;
    if !built.success {
        bail!("the dependencies do not build:\n{}", built.text.trim_end());
    }
    let mut failed = 0;
    for (index, (block, line)) in blocks.iter().zip(lines).enumerate() {
        let start = Instant::now();
        let verdict = try_block(project, &place, block, line)?;
        let word = if verdict.is_none() { "ok    " } else { "FAILED" };
        println!(
            "[{:>2}/{}] {word} {:>5.1} s  {file}:{}: {}",
            index + 1,
            blocks.len(),
            start.elapsed().as_secs_f64(),
            block.line,
            block.info
        );
        if let Some(why) = verdict {
            failed += 1;
            println!("    {}", why.trim_end().replace('\n', "\n    "));
        }
    }
    println!("\n{} passed, {failed} failed", blocks.len() - failed);
    ensure!(failed == 0, "{failed} of {} blocks are not what they say", blocks.len());
    Ok(())
}

fn blocks(text: &str) -> Vec<Block> {
    let fences = page::fences(text).into_iter();
    fences
        .filter_map(|(line, info, code)| {
            let claim = claim(&info)?;
            Some(Block { line, claim, code: program(&code), info })
        })
        .collect()
}

/// What a fence says of its block, if it is Rust, as rustdoc reads it.
fn claim(info: &str) -> Option<Claim> {
    let words: Vec<&str> = info.split([',', ' ', '{', '}', '.']).filter(|word| !word.is_empty()).collect();
    if words.first() != Some(&"rust") {
        return None;
    }
    Some(if words.contains(&"ignore") {
        Claim::Nothing
    } else if words.contains(&"compile_fail") {
        Claim::DoesNotCompile
    } else if words.contains(&"should_panic") {
        Claim::Panics
    } else {
        Claim::Runs
    })
}

fn program(code: &str) -> String {
    if code.contains("fn main") {
        return code.to_owned();
    }
    format!("fn main() {{\n{code}}}\n")
}

/// Writes the crate that tests the blocks, and the file that skeptic reads: the line of each block there.
fn prepare(project: &Project, place: &Path, blocks: &[Block], deps: &[String]) -> Result<Vec<usize>> {
    let skeptic = project.repo.root.join("ci/skeptic");
    for file in ["build.rs", "tests/snippets.rs"] {
        let content = files::read(&skeptic.join(file))?;
        files::write_if_changed(&place.join(file), content.as_bytes())?;
    }
    let manifest = manifest(&files::read(&skeptic.join("Cargo.toml"))?, deps)?;
    files::write_if_changed(&place.join("Cargo.toml"), manifest.as_bytes())?;
    let (mut text, mut lines) = (String::new(), Vec::new());
    for block in blocks {
        lines.push(text.lines().count() + 1);
        text.push_str(&format!("````rust\n{}````\n\n", block.code));
    }
    files::write_if_changed(&document(place), text.as_bytes())?;
    Ok(lines)
}

fn document(place: &Path) -> PathBuf {
    place.join("snippets.md")
}

/// The manifest of our own skeptic crate, with other dependencies.
fn manifest(ours: &str, deps: &[String]) -> Result<String> {
    let mut table: Table = toml::from_str(ours).context("ci/skeptic/Cargo.toml is not TOML")?;
    let dependencies = table
        .get_mut("dev-dependencies")
        .and_then(Value::as_table_mut)
        .context("ci/skeptic/Cargo.toml has no [dev-dependencies]")?;
    dependencies.retain(|name, _| name == "skeptic");
    for dep in deps {
        let (name, rest) = dep
            .split_once('@')
            .with_context(|| format!("{dep}: write NAME@VERSION or NAME@VERSION:FEATURE,FEATURE"))?;
        let (version, features) = rest.split_once(':').unwrap_or((rest, ""));
        let features = features.split(',').filter(|name| !name.is_empty());
        let features: Vec<Value> = features.map(Value::from).collect();
        let mut value = Table::new();
        value.insert("version".to_owned(), version.into());
        value.insert("features".to_owned(), features.into());
        dependencies.insert(name.to_owned(), value.into());
    }
    table.insert("workspace".to_owned(), Table::new().into());
    toml::to_string(&table).context("the manifest is not TOML")
}

/// Why the block is not what it says, if it is not.
fn try_block(project: &Project, place: &Path, block: &Block, line: usize) -> Result<Option<String>> {
    if block.claim == Claim::Nothing {
        return Ok(None);
    }
    let mut command = cargo(project, place)?;
    let name = format!("snippets_line_{line}");
    command.args(["test", "--test", "snippets", "--", "--exact", &name]);
    let ended = command::run_within(&mut command, LIMIT)?;
    let verdicts = rust_blocks::parse(&ended.text);
    let Some(verdict) = verdicts.get(&line) else {
        return Ok(Some(format!("it did not end:\n{}", ended.text.trim_end())));
    };
    let output = verdict.output.as_str();
    let compiles = !output.contains("error: aborting due to") && !output.contains("error: could not compile");
    Ok(match (block.claim, verdict.word == "ok") {
        (Claim::Runs, true) => None,
        (Claim::Panics | Claim::DoesNotCompile, true) => Some("it compiles and runs to its end".to_owned()),
        (Claim::DoesNotCompile, false) if !compiles => None,
        (Claim::Panics, false) if compiles => None,
        (_, false) if compiles => Some(format!("it compiles, and fails when it is run:\n{output}")),
        _ => Some(format!("it does not compile:\n{output}")),
    })
}

fn cargo(project: &Project, place: &Path) -> Result<Command> {
    let mut command = Command::new("cargo");
    command
        .current_dir(place)
        .env("GUIDE_SNIPPETS", document(place))
        .env("CARGO_TARGET_DIR", place.join("target"))
        .env("CARGO_TERM_COLOR", "never")
        .env("PYTHONPATH", project::packages_of(&project.python)?)
        .env_remove("RUST_BACKTRACE");
    command.envs(rust_blocks::library_paths(project)?);
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
