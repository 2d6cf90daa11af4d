//! Every Rust block, compiled and run on its own by skeptic against the Python in use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use regex::Regex;

use crate::expand::{Block, Expanded};
use crate::project::{self, Project};
use crate::report::{Kind, Proof, Report};
use crate::run;

const AGAIN: &str = "ci/just test-examples --rust-blocks";
static RESULT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^test (\w+) \.\.\. (ok|FAILED|ignored)").expect("valid"));
static LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"_line_(\d+)$").expect("valid"));

/// The Rust blocks of the pages: one step each in the report.
pub fn rust_blocks(pages: &[Expanded]) -> impl Iterator<Item = &Block> {
    pages
        .iter()
        .flat_map(|page| &page.blocks)
        .filter(|block| block.kind == "rust")
}

/// Runs all of them and reports each.
pub fn verify(project: &Project, pages: &[Expanded], report: &Report) {
    const RUNNING: &str = "Rust blocks through skeptic";
    report.begin(RUNNING);
    let start = Instant::now();
    let verdicts = run_skeptic(project, pages);
    let took = start.elapsed();
    report.leave(RUNNING);
    let count = u32::try_from(rust_blocks(pages).count().max(1)).unwrap_or(1);
    for block in rust_blocks(pages) {
        let verdict = match &verdicts {
            Err(error) => Err(anyhow!("{error:#}")),
            Ok(verdicts) => verdict_of(verdicts, block),
        };
        let proof = Proof {
            kind: Kind::RustBlocks,
            language: block.language.clone(),
            at: block.at.clone(),
        };
        report.end(
            &format!("{}: {} by skeptic", block.at, block.file),
            &[proof],
            AGAIN,
            took / count,
            &verdict,
        );
    }
}

/// How one generated test ended, and what it printed.
struct Verdict {
    word: String,
    output: String,
}

fn run_skeptic(
    project: &Project,
    pages: &[Expanded],
) -> Result<BTreeMap<(String, usize), Verdict>> {
    let folder = project.builds.join("snippets-pages");
    write_pages(project, pages, &folder)?;
    let mut command = Command::new("cargo");
    command
        .args(["test", "--package", "guide-snippets", "--test", "snippets"])
        .current_dir(&project.root)
        .env("GUIDE_SNIPPETS", &folder)
        .env("CARGO_TARGET_DIR", project.builds.join("snippets"))
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("RUST_BACKTRACE");
    for (name, value) in library_paths(project)? {
        command.env(name, value);
    }
    let ended = run::run(&mut command)?;
    let verdicts = parse(&ended.text, pages);
    if verdicts.is_empty() {
        bail!("no Rust block was run:\n{}", ended.text.trim_end());
    }
    Ok(verdicts)
}

/// One file a page and its templates beside it, under names that differ between the languages.
fn write_pages(project: &Project, pages: &[Expanded], folder: &Path) -> Result<()> {
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder).context("cannot list the snippets")? {
            let path = entry.context("cannot list the snippets")?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if !pages.iter().any(|page| name.starts_with(&file_name(page))) {
                std::fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
    }
    let templates = project::read(&project.root.join("ci/skeptic/templates.md"))?;
    for page in pages
        .iter()
        .filter(|page| page.blocks.iter().any(|block| block.kind == "rust"))
    {
        let path = folder.join(file_name(page));
        project::write_if_changed(&path, page.text.as_bytes())?;
        project::write_if_changed(
            &folder.join(format!("{}.skt.md", file_name(page))),
            templates.as_bytes(),
        )?;
    }
    Ok(())
}

fn file_name(page: &Expanded) -> String {
    format!("{}_{}", page.language, page.name.replace(['/', '-'], "_"))
}

/// Snippets are linked and run without the crate's build script: the system must find libpython.
fn library_paths(project: &Project) -> Result<Vec<(&'static str, std::ffi::OsString)>> {
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

/// Verdicts by language and page file, and line in the expanded page.
fn parse(text: &str, pages: &[Expanded]) -> BTreeMap<(String, usize), Verdict> {
    let mut verdicts = BTreeMap::new();
    for found in RESULT.captures_iter(text) {
        let test = &found[1];
        let line = LINE.captures(test).and_then(|line| line[1].parse().ok());
        let page = pages
            .iter()
            .map(file_name)
            .find(|name| test.starts_with(&format!("{}_", name.trim_end_matches(".md"))));
        if let (Some(page), Some(line)) = (page, line) {
            let output = printed(text, test);
            verdicts.insert(
                (page, line),
                Verdict {
                    word: found[2].to_owned(),
                    output,
                },
            );
        }
    }
    verdicts
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
    rest[..end].trim().to_owned()
}

fn verdict_of(verdicts: &BTreeMap<(String, usize), Verdict>, block: &Block) -> Result<()> {
    let page = format!("{}_{}", block.language, block.page.replace(['/', '-'], "_"));
    // skeptic counts lines from 0 and names the first line of the code: the one after the fence.
    let verdict = verdicts
        .get(&(page, block.expanded_line))
        .context("skeptic did not run this block")?;
    match verdict.word.as_str() {
        "ok" => Ok(()),
        word => bail!("{word}\n{}", verdict.output),
    }
}
