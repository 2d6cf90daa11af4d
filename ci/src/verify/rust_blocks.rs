//! Every Rust block, compiled and run on its own by skeptic against the Python in use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use regex::{Captures, Regex};

use crate::repo::bridge::Bridge;
use crate::repo::example::ExampleCrate;
use crate::repo::{driver, files};
use crate::results::verdict::Kind;
use crate::run::command;
use crate::run::environment::NO_DEBUG_INFO;
use crate::run::project::Project;
use crate::verify::cache::Cache;
use crate::verify::expand::Block;
use crate::verify::group::{Group, Run};
use crate::verify::step::{Step, proof_of};
use crate::verify::trybuild;

const AGAIN: &str = "ci/just test-examples --rust-blocks";
/// All blocks are one command: beside the limit of a command, each has three times what two busy cores need.
const MORE_FOR_A_BLOCK: Duration = Duration::from_secs(10);
static RESULT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^test (snippets_line_(\d+)) \.\.\. (ok|FAILED|ignored)").expect("valid"));

static INCLUDED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"include_str!\("([^"]+)"\)"#).expect("valid"));
static MODULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^mod (\w+);").expect("valid"));

/// The Rust blocks for one bridge: a step each, which one run of skeptic decides.
pub struct RustBlocks<'a> {
    project: &'a Project,
    bridge: Bridge,
    blocks: Vec<(Step, &'a Block)>,
}

impl<'a> RustBlocks<'a> {
    /// Those that must compile.
    pub fn groups(project: &'a Project, blocks: &'a [Block], cache: &Cache) -> Result<Vec<Self>> {
        let mut groups = Vec::new();
        for bridge in Bridge::ALL {
            let is_one =
                |block: &&Block| block.kind == "rust" && block.bridge() == bridge && !trybuild::is_shown_by(block);
            let blocks = blocks.iter().filter(is_one);
            let blocks = blocks.map(|block| Ok((step_of(project, block, cache)?, block)));
            let blocks: Vec<_> = blocks.collect::<Result<_>>()?;
            if !blocks.is_empty() {
                groups.push(Self { project, bridge, blocks });
            }
        }
        Ok(groups)
    }
}

fn step_of(project: &Project, block: &Block, cache: &Cache) -> Result<Step> {
    let example = crate_of(project, block)?;
    let driver = driver_of(project, block)?.map_or("", |(_, driver)| driver);
    let reads = format!("{driver}\n{}", block.text);
    Ok(Step {
        name: format!("{}: {} by skeptic", block.at(), block.file),
        proofs: vec![proof_of(Kind::RustBlocks, block)],
        again: AGAIN.to_owned(),
        of_crate: Some(example.name()),
        key: Some(cache.key_of_block(example, &block.info, &reads)),
    })
}

fn crate_of<'a>(project: &'a Project, block: &Block) -> Result<&'a ExampleCrate> {
    let example = project.repo.crate_of(&block.file);
    example.with_context(|| format!("{}: in no example", block.file))
}

/// The name and the text of the driver that the block asks for, if it does.
fn driver_of<'a>(project: &'a Project, block: &'a Block) -> Result<Option<(&'a str, &'a str)>> {
    let Some(name) = driver::named(&block.info) else {
        return Ok(None);
    };
    let driver = driver::of(&project.repo, crate_of(project, block)?, name);
    let missing = || format!("{}: no crate of its topic has the driver {name}", block.at());
    Ok(Some((name, driver.with_context(missing)?)))
}

/// What skeptic reads beside the blocks: the drivers that they ask for. Those of one name are copies of one.
fn templates(project: &Project, blocks: &[&Block]) -> Result<String> {
    let mut drivers = BTreeMap::new();
    for block in blocks {
        let Some((name, driver)) = driver_of(project, block)? else {
            continue;
        };
        let first = drivers.entry(name).or_insert(driver);
        ensure!(*first == driver, "{}: another driver is called {name} too", block.at());
    }
    let templates = drivers.iter().map(|(name, text)| driver::template(name, text));
    Ok(templates.collect())
}

impl Group for RustBlocks<'_> {
    fn steps(&self) -> Vec<&Step> {
        self.blocks.iter().map(|(step, _)| step).collect()
    }

    fn exclusive_key(&self) -> Option<String> {
        Some("skeptic".to_owned())
    }

    fn run(&self, wanted: &[&Step], run: &Run) {
        const RUNNING: &str = "Rust blocks through skeptic";
        let is_wanted = |step: &Step| wanted.iter().any(|one| std::ptr::eq(*one, step));
        let blocks: Vec<_> = self.blocks.iter().filter(|(step, _)| is_wanted(step)).collect();
        let _slot = run.slots.take();
        run.report.begin(RUNNING);
        let start = Instant::now();
        let shown: Vec<&Block> = blocks.iter().map(|(_, block)| *block).collect();
        let document = Document::of(&self.project.repo.root, &shown);
        let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
        let limit = command::LIMIT + MORE_FOR_A_BLOCK * count;
        let skeptic = templates(self.project, &shown)
            .and_then(|templates| run_skeptic(self.project, self.bridge, &document, &templates, limit));
        let took = start.elapsed() / count;
        run.report.leave(RUNNING);
        for (step, block) in blocks {
            let outcome = match &skeptic {
                Err(error) => Err(anyhow!("{error:#}")),
                Ok(skeptic) => skeptic.of_block(document.line(block)),
            };
            run.end(step, took, outcome.map(|()| BTreeSet::new()));
        }
    }
}

/// The Markdown that skeptic reads: each block once, though both editions show it.
struct Document {
    text: String,
    /// Of each block, by where it stands.
    lines: BTreeMap<String, usize>,
}

impl Document {
    fn of(root: &Path, blocks: &[&Block]) -> Self {
        let fenced: BTreeMap<String, String> = blocks.iter().map(|block| (block.at(), fenced(root, block))).collect();
        let mut text = String::new();
        let mut starts = BTreeMap::new();
        for block in fenced.values().collect::<BTreeSet<_>>() {
            // skeptic names a block after the lines before its code: those before the fence, and the fence.
            starts.insert(block, text.lines().count() + 1);
            text.push_str(block);
            text.push('\n');
        }
        let lines = fenced.iter().map(|(at, block)| (at.clone(), starts[block])).collect();
        Self { text, lines }
    }

    fn line(&self, block: &Block) -> Option<usize> {
        self.lines.get(&block.at()).copied()
    }
}

/// The block as skeptic compiles it: two parts of one file, each hiding the other, are one program.
///
/// Compiled at once, one copy would replace the other in skeptic's cache while that runs.
fn fenced(root: &Path, block: &Block) -> String {
    let code: String = block.text.lines().map(|line| format!("{}\n", without_mark(line))).collect();
    let code = with_crate_files(&code, &root.join(&block.file));
    format!("````{}\n{code}````\n", block.info)
}

/// A hidden line without the `# ` that hides it, as skeptic reads it.
fn without_mark(line: &str) -> &str {
    let start = line.trim_start();
    start.strip_prefix("# ").unwrap_or(if start == "#" { "" } else { line })
}

/// A block is compiled far from its crate: `include_str!` and `mod` get the whole path of the file they name.
fn with_crate_files(text: &str, shown: &Path) -> String {
    let folder = shown.parent().unwrap_or(shown);
    let text = INCLUDED.replace_all(text, |found: &Captures| format!("include_str!({:?})", folder.join(&found[1])));
    MODULE
        .replace_all(&text, |found: &Captures| {
            let file = folder.join(format!("{}.rs", &found[1]));
            format!("#[path = {file:?}]\nmod {};", &found[1])
        })
        .into_owned()
}

/// How one generated test ended, and what it printed.
pub struct TestEnd {
    pub word: String,
    pub output: String,
}

/// What skeptic's tests said.
struct Skeptic {
    verdicts: BTreeMap<usize, TestEnd>,
    /// The last line of all that was printed: of a run that was cut short it says why.
    end: String,
}

impl Skeptic {
    fn of_block(&self, line: Option<usize>) -> Result<()> {
        let verdict = line.and_then(|line| self.verdicts.get(&line));
        let verdict =
            verdict.with_context(|| format!("skeptic did not run this block; its run ended with: {}", self.end))?;
        match verdict.word.as_str() {
            "ok" => Ok(()),
            word => bail!("{word}\n{}", verdict.output),
        }
    }
}

fn run_skeptic(
    project: &Project,
    bridge: Bridge,
    document: &Document,
    templates: &str,
    limit: Duration,
) -> Result<Skeptic> {
    // skeptic names the tests after this file.
    let page = project.builds.join(bridge.dir_name("blocks")).join("snippets.md");
    files::write_if_changed(&page, document.text.as_bytes())?;
    files::write_if_changed(&page.with_extension("md.skt.md"), templates.as_bytes())?;
    let skeptic = run_tests(project, bridge, &page, limit)?;
    // A program that was written a moment ago cannot be started while another thread's new process
    // still holds it open. The second time nothing is written: all programs are in skeptic's cache.
    let busy = |verdict: &TestEnd| verdict.output.contains("Text file busy");
    if skeptic.verdicts.values().any(busy) {
        return run_tests(project, bridge, &page, limit);
    }
    Ok(skeptic)
}

fn run_tests(project: &Project, bridge: Bridge, page: &Path, limit: Duration) -> Result<Skeptic> {
    let mut command = Command::new("cargo");
    command
        .args(["test", "--package", bridge.skeptic().1, "--test", "snippets"])
        .current_dir(bridge.workspace(&project.repo.root))
        .env("GUIDE_SNIPPETS", page)
        .env("CARGO_TARGET_DIR", project.builds.join(bridge.dir_name("snippets")))
        .env("CARGO_TERM_COLOR", "never")
        .env(NO_DEBUG_INFO.0, NO_DEBUG_INFO.1)
        .env_remove("RUST_BACKTRACE");
    for (name, value) in library_paths(project)? {
        command.env(name, value);
    }
    let ended = command::run_within(&mut command, limit)?;
    let text = ended.text.trim_end();
    let verdicts = parse(text);
    if verdicts.is_empty() {
        bail!("no Rust block was run:\n{text}");
    }
    let end = text.lines().last().unwrap_or_default().to_owned();
    Ok(Skeptic { verdicts, end })
}

/// Snippets are linked and run without the crate's build script: the system must find libpython.
pub fn library_paths(project: &Project) -> Result<Vec<(&'static str, std::ffi::OsString)>> {
    let folder = command::output_of(Command::new(&project.python).args([
        "-c",
        "import os, sys, sysconfig as s; print(s.get_config_var('LIBDIR') or os.path.join(sys.base_prefix, 'libs'))",
    ]))?;
    ["LIBRARY_PATH", "LIB", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH"]
        .into_iter()
        .map(|name| {
            let old = std::env::var_os(name).unwrap_or_default();
            let rest = std::env::split_paths(&old).filter(|path| !path.as_os_str().is_empty());
            let here = PathBuf::from(&folder);
            let paths: Vec<PathBuf> = if name == "PATH" {
                rest.chain([here]).collect()
            } else {
                std::iter::once(here).chain(rest).collect()
            };
            Ok((name, std::env::join_paths(paths)?))
        })
        .collect()
}

/// Verdicts by the line that skeptic names.
pub fn parse(text: &str) -> BTreeMap<usize, TestEnd> {
    RESULT
        .captures_iter(text)
        .filter_map(|found| {
            let verdict = TestEnd { word: found[3].to_owned(), output: printed(text, &found[1]) };
            Some((found[2].parse().ok()?, verdict))
        })
        .collect()
}

/// What libtest shows of a failed test.
fn printed(text: &str, test: &str) -> String {
    let start = format!("---- {test} stdout ----\n");
    let Some((_, rest)) = text.split_once(&start) else {
        return String::new();
    };
    let end = rest.find("\n---- ").or_else(|| rest.find("\nfailures:")).unwrap_or(rest.len());
    let section = rest[..end].trim();
    // At the end skeptic repeats its command, which names every library of the crate. It matters only
    // if the program said nothing itself: it could not start, or a signal ended it.
    match section.find(&format!("thread '{test}'")) {
        None => section.to_owned(),
        Some(0) => section.lines().map(shortened).collect(),
        Some(own) => section[..own].trim_end().to_owned(),
    }
}

/// The line, without the middle of a long one.
fn shortened(line: &str) -> String {
    const ENDS: usize = 150;
    let letters: Vec<char> = line.chars().collect();
    if letters.len() <= 2 * ENDS {
        return format!("{line}\n");
    }
    let text = |part: &[char]| part.iter().collect::<String>();
    let (head, tail) = (&letters[..ENDS], &letters[letters.len() - ENDS..]);
    format!("{} [...] {}\n", text(head), text(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_printed_nothing_is_told_by_what_skeptic_says_of_it() {
        let text = "test snippets_line_7 ... FAILED\n\nfailures:\n\n---- snippets_line_7 stdout ----\n\n\
            thread 'snippets_line_7' (42) panicked at rt.rs:1:\nOs { message: \"Text file busy\" }\n\nfailures:\n";
        assert!(parse(text)[&7].output.contains("Text file busy"));
    }

    #[test]
    fn of_a_program_that_printed_something_the_command_is_left_out() {
        let text = "test snippets_line_7 ... FAILED\n---- snippets_line_7 stdout ----\nerror: no\n\n\
            thread 'snippets_line_7' (42) panicked at rt.rs:1:\nCommand failed\n\nfailures:\n";
        assert_eq!(parse(text)[&7].output, "error: no");
    }

    #[test]
    fn of_a_run_that_was_cut_short_the_blocks_that_are_left_tell_why() {
        let text = "test snippets_line_7 ... ok\n\n(stopped after 9 s)\n";
        let skeptic = Skeptic { verdicts: parse(text), end: "(stopped after 9 s)".to_owned() };
        assert!(skeptic.of_block(Some(7)).is_ok());
        let error = skeptic.of_block(Some(8)).unwrap_err().to_string();
        assert!(error.ends_with("ended with: (stopped after 9 s)"), "{error}");
    }

    #[test]
    fn a_file_that_a_block_includes_is_found_from_the_file_it_shows() {
        let text = "const A: &str = include_str!(\"../a.py\");";
        assert_eq!(
            with_crate_files(text, Path::new("/x/src/main.rs")),
            "const A: &str = include_str!(\"/x/src/../a.py\");"
        );
    }

    #[test]
    fn a_module_that_a_block_names_is_found_beside_the_file_it_shows() {
        assert_eq!(
            with_crate_files("mod a;\nmod b {}\n", Path::new("/x/src/lib.rs")),
            "#[path = \"/x/src/a.rs\"]\nmod a;\nmod b {}\n"
        );
    }
}
