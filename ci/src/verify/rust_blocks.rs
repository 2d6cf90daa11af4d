//! Every Rust block, compiled and run on its own by skeptic against the Python in use.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use regex::Captures;

use crate::check::compile_fail;
use crate::repo::{Bridge, Pattern, bridge::InExample, driver, files};
use crate::results::verdict::Kind;
use crate::run::{Project, command, environment::Environment};
use crate::verify::cache::Cache;
use crate::verify::expand::Block;
use crate::verify::group::{Group, Groups};
use crate::verify::report::Report;
use crate::verify::step::{Step, proof_at};

/// All blocks are one command: beside the limit of a command, each has three times what two busy cores need.
const MORE_FOR_A_BLOCK: Duration = Duration::from_secs(10);
static RESULT: Pattern = Pattern::of(r"(?m)^test (snippets_line_(\d+)) \.\.\. (ok|FAILED|ignored)");

/// What hides a line, as skeptic reads it.
static HIDING: Pattern = Pattern::of("(?m)^[ \\t]*#(?: |$)");
/// A long line: its beginning, and its end.
static LONG: Pattern = Pattern::of("(?m)^(.{150}).+(.{150})$");
static INCLUDED: Pattern = Pattern::of(r#"include_str!\("([^"]+)"\)"#);
static MODULE: Pattern = Pattern::of(r"(?m)^mod (\w+);");

/// The Rust blocks for one bridge: a step each, which one run of skeptic decides.
struct RustBlocks<'a> {
    project: &'a Project,
    bridge: Bridge,
    blocks: Vec<RustBlock<'a>>,
}

struct RustBlock<'a> {
    step: Step,
    block: &'a Block<'a>,
    fenced: String,
    /// The name and the text of the driver that it asks for, if it does.
    driver: Option<(&'a str, &'a str)>,
}

/// Those that must compile.
pub fn groups<'a>(project: &'a Project, blocks: &'a [Block<'a>], cache: &Cache) -> Result<Groups<'a>> {
    let mut groups = Groups::new();
    for bridge in Bridge::ALL {
        let compiles = |file: InExample| file.bridge == bridge && !compile_fail::holds(file.inside);
        let blocks = blocks.iter().filter(|block| block.fence.language() == "rust");
        let blocks = blocks.filter(|block| block.example().is_none_or(compiles));
        let blocks: Vec<_> = blocks.map(|block| RustBlock::of(project, block, cache)).collect::<Result<_>>()?;
        if !blocks.is_empty() {
            groups.push(Box::new(RustBlocks { project, bridge, blocks }));
        }
    }
    Ok(groups)
}

impl<'a> RustBlock<'a> {
    fn of(project: &'a Project, block: &'a Block<'a>, cache: &Cache) -> Result<Self> {
        let info = &block.fence.info;
        let example = project.repo.crate_of(block.file);
        let example = example.with_context(|| format!("{}: in no example", block.file))?;
        let mut driver = None;
        if let Some(name) = driver::named(info) {
            let missing = || format!("{}: no crate of its topic has the driver {name}", block.at());
            driver = Some((name, driver::of(&project.repo, example, name).with_context(missing)?));
        }
        let again = format!("ci/just test-examples {}", example.name());
        let reads = format!("{}\n{}", driver.map_or("", |(_, text)| text), block.text);
        let step = Step {
            proofs: vec![proof_at(Kind::RustBlocks, block.page, block.fence.line)],
            of_crate: Some(example.name()),
            key: Some(cache.key_of_block(example, info, &reads)),
            ..Step::of(format!("{}: {} by skeptic", block.at(), block.file), &again)
        };
        Ok(Self { step, block, fenced: fenced(&project.repo.root, block), driver })
    }
}

impl Group for RustBlocks<'_> {
    fn steps(&self) -> Vec<&Step> {
        self.blocks.iter().map(|one| &one.step).collect()
    }

    fn exclusive_key(&self) -> String {
        "skeptic".to_owned()
    }

    fn run(&self, is_wanted: &dyn Fn(&Step) -> bool, report: &Report) {
        let blocks: Vec<&RustBlock> = self.blocks.iter().filter(|one| is_wanted(&one.step)).collect();
        if blocks.is_empty() {
            return;
        }
        let (document, lines) = document(blocks.iter().map(|one| one.fenced.as_str()));
        let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
        let limit = command::LIMIT + MORE_FOR_A_BLOCK * count;
        let run = || self.run_skeptic(&document, &templates(&blocks)?, limit);
        let (skeptic, took) = report.run("Rust blocks through skeptic", run);
        for RustBlock { step, fenced, .. } in blocks {
            let outcome = match &skeptic {
                Err(error) => Err(anyhow!("{error:#}")),
                Ok(skeptic) => skeptic.of_block(lines[fenced.as_str()]),
            };
            report.end(step, took / count, outcome.map(|()| BTreeSet::new()));
        }
    }
}

impl RustBlocks<'_> {
    fn run_skeptic(&self, document: &str, templates: &str, limit: Duration) -> Result<Skeptic> {
        let Self { project, bridge, .. } = self;
        // skeptic names the tests after this file.
        let page = project.builds.join(bridge.dir_name("blocks")).join("snippets.md");
        files::write_if_changed(&page, document.as_bytes())?;
        files::write_if_changed(&page.with_extension("md.skt.md"), templates.as_bytes())?;
        let workspace = bridge.workspace(&project.repo.root);
        let run = || {
            let mut command = skeptic_tests(project, &workspace, &page, &bridge.dir_name("snippets"))?;
            command.args(["--package", bridge.skeptic().1, "--test", "snippets"]);
            let ended = command::run_within(&mut command, limit, command::GRACE)?;
            let text = ended.text.trim_end();
            let end = text.lines().last().unwrap_or_default().to_owned();
            let verdicts = parse(text);
            ensure!(!verdicts.is_empty(), "no Rust block was run:\n{text}");
            Ok(Skeptic { verdicts, end })
        };
        let skeptic = run()?;
        // A program that was written a moment ago cannot be started while another thread's new process
        // still holds it open. The second time nothing is written: all programs are in skeptic's cache.
        let busy = skeptic.verdicts.values().any(|verdict| verdict.output.contains("Text file busy"));
        if busy { run() } else { Ok(skeptic) }
    }
}

/// What skeptic reads beside the blocks: the drivers that they ask for. Those of one name are copies of one.
fn templates(blocks: &[&RustBlock]) -> Result<String> {
    let mut drivers = BTreeMap::new();
    for RustBlock { block, driver, .. } in blocks {
        if let Some((name, text)) = driver {
            let first = drivers.entry(name).or_insert(text);
            ensure!(first == &text, "{}: another driver is called {name} too", block.at());
        }
    }
    Ok(drivers.iter().map(|(name, text)| driver::template(name, text)).collect())
}

/// The Markdown that skeptic reads, each block once, though both editions show it; and the line by which skeptic
/// names each.
pub fn document<'a>(fenced: impl Iterator<Item = &'a str>) -> (String, BTreeMap<&'a str, usize>) {
    let (mut text, mut lines) = (String::new(), BTreeMap::new());
    for block in fenced.collect::<BTreeSet<_>>() {
        // Those before its code: the lines before the fence, and the fence.
        lines.insert(block, text.lines().count() + 1);
        text.push_str(block);
        text.push('\n');
    }
    (text, lines)
}

/// The block as skeptic compiles it: two parts of one file, each hiding the other, are one program.
///
/// Compiled at once, one copy would replace the other in skeptic's cache while that runs.
fn fenced(root: &Path, block: &Block) -> String {
    let code = with_crate_files(&HIDING.replace_all(&block.text, ""), &root.join(block.file));
    format!("````{}\n{code}````\n", block.fence.info)
}

/// A block is compiled far from its crate: `include_str!` and `mod` get the whole path of the file they name.
fn with_crate_files(text: &str, shown: &Path) -> String {
    let folder = shown.parent().unwrap_or(shown);
    let text = INCLUDED.replace_all(text, |found: &Captures| format!("include_str!({:?})", folder.join(&found[1])));
    let module = |found: &Captures| {
        let file = folder.join(format!("{}.rs", &found[1]));
        format!("#[path = {file:?}]\nmod {};", &found[1])
    };
    MODULE.replace_all(&text, module).into_owned()
}

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
    fn of_block(&self, line: usize) -> Result<()> {
        let not_run = || format!("skeptic did not run this block; its run ended with: {}", self.end);
        let verdict = self.verdicts.get(&line).with_context(not_run)?;
        ensure!(verdict.word == "ok", "{}\n{}", verdict.word, verdict.output);
        Ok(())
    }
}

/// `cargo test` in a folder whose crate compiles and runs the blocks of this file through skeptic, built in the folder
/// `target` of the builds.
pub fn skeptic_tests(project: &Project, folder: &Path, page: &Path, target: &str) -> Result<Command> {
    let mut command = Command::new("cargo");
    Environment::of_program(project, target).apply(&mut command);
    command.arg("test").current_dir(folder).env("GUIDE_SNIPPETS", page).envs(library_paths(project)?);
    Ok(command)
}

/// Snippets are linked and run without the crate's build script: the system must find libpython.
fn library_paths(project: &Project) -> Result<Vec<(&'static str, OsString)>> {
    let print =
        "import os, sys, sysconfig as s; print(s.get_config_var('LIBDIR') or os.path.join(sys.base_prefix, 'libs'))";
    let folder = command::output_of(Command::new(&project.python).args(["-c", print]))?;
    let with_folder = ["LIBRARY_PATH", "LIB", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH"].map(|name| {
        let old = std::env::var_os(name).unwrap_or_default();
        let mut paths: Vec<PathBuf> =
            std::env::split_paths(&old).filter(|path| !path.as_os_str().is_empty()).collect();
        let place = if name == "PATH" { paths.len() } else { 0 };
        paths.insert(place, PathBuf::from(&folder));
        Ok((name, std::env::join_paths(paths)?))
    });
    with_folder.into_iter().collect()
}

/// Verdicts by the line that skeptic names.
pub fn parse(text: &str) -> BTreeMap<usize, TestEnd> {
    let verdict = |found: Captures| {
        let verdict = TestEnd { word: found[3].to_owned(), output: printed(text, &found[1]) };
        Some((found[2].parse().ok()?, verdict))
    };
    RESULT.captures_iter(text).filter_map(verdict).collect()
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
        Some(0) => LONG.replace_all(section, "$1 [...] $2").into_owned(),
        Some(own) => section[..own].trim_end().to_owned(),
    }
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
        assert!(skeptic.of_block(7).is_ok());
        let error = skeptic.of_block(8).unwrap_err().to_string();
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
