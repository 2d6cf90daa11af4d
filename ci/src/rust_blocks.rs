//! Every Rust block, compiled and run on its own by skeptic against the Python in use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use regex::{Captures, Regex};

use crate::expand::{Block, Expanded};
use crate::kept::Kept;
use crate::project::{self, ExampleCrate, Project};
use crate::report::{Kind, Proof, Report};
use crate::track::Track;
use crate::workshop::NO_DEBUG_INFO;
use crate::{fails, run};

const AGAIN: &str = "ci/just test-examples --rust-blocks";
/// All blocks are one command: beside the limit of a command, each has three times what two busy cores need.
const MORE_FOR_A_BLOCK: Duration = Duration::from_secs(10);
static RESULT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^test (snippets_line_(\d+)) \.\.\. (ok|FAILED|ignored)").expect("valid")
});

static INCLUDED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"include_str!\("([^"]+)"\)"#).expect("valid"));
static MODULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^mod (\w+);").expect("valid"));

/// The Rust blocks of the pages that must compile: one step each in the report.
pub fn rust_blocks(pages: &[Expanded]) -> impl Iterator<Item = &Block> {
    pages
        .iter()
        .flat_map(|page| &page.blocks)
        .filter(|block| block.kind == "rust" && !fails::is_shown_by(block))
}

/// Runs those of which no pass is kept, track by track, and reports each.
pub fn verify(project: &Project, pages: &[Expanded], kept: &Kept, report: &Report) {
    for track in Track::ALL {
        let blocks: Vec<&Block> = rust_blocks(pages)
            .filter(|block| block.track() == track && !is_kept(project, block, kept, report))
            .collect();
        if !blocks.is_empty() {
            verify_track(project, track, &blocks, kept, report);
        }
    }
}

/// The crate that a block is shown from, and its key.
fn key(project: &Project, block: &Block, kept: &Kept) -> Option<(ExampleCrate, String)> {
    let example = block.example()?.example(&project.root);
    let key = kept.key_of_block(&example, &block.info, &block.text);
    Some((example, key))
}

fn keep(project: &Project, block: &Block, took: Duration, kept: &Kept) -> Result<()> {
    let found = key(project, block, kept);
    found.map_or(Ok(()), |(example, key)| {
        kept.keep(&example, &key, took, &BTreeSet::new())
    })
}

/// Whether a pass of the block is kept: then that is reported.
fn is_kept(project: &Project, block: &Block, kept: &Kept, report: &Report) -> bool {
    let pass = key(project, block, kept).and_then(|(_, key)| kept.find(&key));
    if let Some(pass) = &pass {
        report.keep(&name(block), &[proof(block)], pass);
    }
    pass.is_some()
}

fn name(block: &Block) -> String {
    format!("{}: {} by skeptic", block.at, block.file)
}

fn proof(block: &Block) -> Proof {
    Proof {
        kind: Kind::RustBlocks,
        language: block.language.clone(),
        at: block.at.clone(),
    }
}

fn verify_track(project: &Project, track: Track, blocks: &[&Block], kept: &Kept, report: &Report) {
    const RUNNING: &str = "Rust blocks through skeptic";
    report.begin(RUNNING);
    let start = Instant::now();
    let document = Document::of(&project.root, blocks);
    let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
    let limit = run::LIMIT + MORE_FOR_A_BLOCK * count;
    let skeptic = run_skeptic(project, track, &document, limit);
    let took = start.elapsed() / count;
    report.leave(RUNNING);
    for block in blocks {
        let verdict = match &skeptic {
            Err(error) => Err(anyhow!("{error:#}")),
            Ok(skeptic) => skeptic.of_block(document.line(block)),
        };
        let verdict = verdict.and_then(|()| keep(project, block, took, kept));
        report.end(&name(block), &[proof(block)], AGAIN, took, &verdict);
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
        let fenced: BTreeMap<&str, String> = blocks
            .iter()
            .map(|block| (block.at.as_str(), fenced(root, block)))
            .collect();
        let mut text = String::new();
        let mut starts = BTreeMap::new();
        for block in fenced.values().collect::<BTreeSet<_>>() {
            // skeptic names a block after the lines before its code: those before the fence, and the fence.
            starts.insert(block, text.lines().count() + 1);
            text.push_str(block);
            text.push('\n');
        }
        let lines = fenced
            .iter()
            .map(|(at, block)| ((*at).to_owned(), starts[block]))
            .collect();
        Self { text, lines }
    }

    fn line(&self, block: &Block) -> Option<usize> {
        self.lines.get(&block.at).copied()
    }
}

/// The block as skeptic compiles it: two parts of one file, each hiding the other, are one program.
///
/// Compiled at once, one copy would replace the other in skeptic's cache while that runs.
fn fenced(root: &Path, block: &Block) -> String {
    let code: String = block
        .text
        .lines()
        .map(|line| format!("{}\n", without_mark(line)))
        .collect();
    let code = with_crate_files(&code, &root.join(&block.file));
    format!("````{}\n{code}````\n", block.info)
}

/// A hidden line without the `# ` that hides it, as skeptic reads it.
pub fn without_mark(line: &str) -> &str {
    let start = line.trim_start();
    start
        .strip_prefix("# ")
        .unwrap_or(if start == "#" { "" } else { line })
}

/// A block is compiled far from its crate: `include_str!` and `mod` get the whole path of the file they name.
fn with_crate_files(text: &str, shown: &Path) -> String {
    let folder = shown.parent().unwrap_or(shown);
    let text = INCLUDED.replace_all(text, |found: &Captures| {
        format!("include_str!({:?})", folder.join(&found[1]))
    });
    MODULE
        .replace_all(&text, |found: &Captures| {
            let file = folder.join(format!("{}.rs", &found[1]));
            format!("#[path = {file:?}]\nmod {};", &found[1])
        })
        .into_owned()
}

/// How one generated test ended, and what it printed.
pub struct Verdict {
    pub word: String,
    pub output: String,
}

/// What skeptic's tests said.
struct Skeptic {
    verdicts: BTreeMap<usize, Verdict>,
    /// The last line of all that was printed: of a run that was cut short it says why.
    end: String,
}

impl Skeptic {
    fn of_block(&self, line: Option<usize>) -> Result<()> {
        let verdict = line.and_then(|line| self.verdicts.get(&line));
        let verdict = verdict.with_context(|| {
            format!(
                "skeptic did not run this block; its run ended with: {}",
                self.end
            )
        })?;
        match verdict.word.as_str() {
            "ok" => Ok(()),
            word => bail!("{word}\n{}", verdict.output),
        }
    }
}

fn run_skeptic(
    project: &Project,
    track: Track,
    document: &Document,
    limit: Duration,
) -> Result<Skeptic> {
    // skeptic names the tests after this file.
    let page = project
        .builds
        .join(track.place("blocks"))
        .join("snippets.md");
    let templates = project.root.join(track.skeptic().0).join("templates.md");
    let templates = project::read(&templates)?;
    project::write_if_changed(&page, document.text.as_bytes())?;
    project::write_if_changed(&page.with_extension("md.skt.md"), templates.as_bytes())?;
    let skeptic = run_tests(project, track, &page, limit)?;
    // A program that was written a moment ago cannot be started while another thread's new process
    // still holds it open. The second time nothing is written: all programs are in skeptic's cache.
    let busy = |verdict: &Verdict| verdict.output.contains("Text file busy");
    if skeptic.verdicts.values().any(busy) {
        return run_tests(project, track, &page, limit);
    }
    Ok(skeptic)
}

fn run_tests(project: &Project, track: Track, page: &Path, limit: Duration) -> Result<Skeptic> {
    let mut command = Command::new("cargo");
    command
        .args(["test", "--package", track.skeptic().1, "--test", "snippets"])
        .current_dir(track.workspace(&project.root))
        .env("GUIDE_SNIPPETS", page)
        .env(
            "CARGO_TARGET_DIR",
            project.builds.join(track.place("snippets")),
        )
        .env("CARGO_TERM_COLOR", "never")
        .env(NO_DEBUG_INFO.0, NO_DEBUG_INFO.1)
        .env_remove("RUST_BACKTRACE");
    for (name, value) in library_paths(project)? {
        command.env(name, value);
    }
    let ended = run::run_within(&mut command, limit)?;
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
    let folder = project::output_of(Command::new(&project.python).args([
        "-c",
        "import os, sys, sysconfig as s; print(s.get_config_var('LIBDIR') or os.path.join(sys.base_prefix, 'libs'))",
    ]))?;
    [
        "LIBRARY_PATH",
        "LIB",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "PATH",
    ]
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
pub fn parse(text: &str) -> BTreeMap<usize, Verdict> {
    RESULT
        .captures_iter(text)
        .filter_map(|found| {
            let verdict = Verdict {
                word: found[3].to_owned(),
                output: printed(text, &found[1]),
            };
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
    let end = rest
        .find("\n---- ")
        .or_else(|| rest.find("\nfailures:"))
        .unwrap_or(rest.len());
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
        let skeptic = Skeptic {
            verdicts: parse(text),
            end: "(stopped after 9 s)".to_owned(),
        };
        assert!(skeptic.of_block(Some(7)).is_ok());
        let error = skeptic.of_block(Some(8)).unwrap_err().to_string();
        assert!(
            error.ends_with("ended with: (stopped after 9 s)"),
            "{error}"
        );
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
