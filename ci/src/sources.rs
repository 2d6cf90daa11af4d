//! Every fence shows a real file: no typed code, no missing file or anchor, nothing left unshown.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::Regex;
use walkdir::WalkDir;

use crate::copies::Copies;
use crate::page::{Include, Page};
use crate::project::{self, ExampleCrate, Exempt};
use crate::track::{Track, in_example};
use crate::{assertions, fails};

/// The problems of the includes of all pages, a line each.
pub fn problems(root: &Path, pages: &[Page], crates: &[ExampleCrate]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let exempt = Exempt::load(root)?;
    for page in pages {
        for fence in &page.fences {
            let at = page.at(fence.line);
            problems.extend(
                no_run_problem(&exempt, &fence.info, fence.include.as_ref())
                    .map(|why| format!("{at}: {why}")),
            );
            match &fence.include {
                None => problems.push(format!(
                    "{at}: this block is typed by hand: put its text into a file under examples/ and include it"
                )),
                Some(include) => problems.extend(
                    include_problem(root, include)
                        .or_else(|| unproved(&fence.info, include))
                        .map(|why| format!("{at}: {why}")),
                ),
            }
        }
    }
    problems.extend(unused(&exempt, pages, crates));
    problems.extend(unshown(root, pages, crates)?);
    let copies = Copies::load(root, crates)?;
    problems.extend(different_twins(root, pages, crates, &copies)?);
    problems.extend(same_library(crates)?);
    problems.extend(fails::problems(root, crates, pages)?);
    problems.extend(assertions::problems(root, crates)?);
    Ok(problems)
}

static ANCHOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(?://|#) ANCHOR(?:_END)?: \S+\s*$").expect("valid"));

/// Whether the line is a comment that says which lines a page shows.
pub fn is_anchor(line: &str) -> bool {
    ANCHOR.is_match(line)
}

/// The lines of `text` between `ANCHOR: name` and `ANCHOR_END: name`, without anchor lines.
pub fn anchored(text: &str, anchor: &str) -> Result<String, String> {
    let is = |line: &str, mark: &str| {
        line.split_once(mark)
            .is_some_and(|(_, name)| name.split_whitespace().next() == Some(anchor))
    };
    let lines: Vec<&str> = text.lines().collect();
    let start = lines
        .iter()
        .position(|line| is(line, "ANCHOR:"))
        .ok_or_else(|| format!("there is no `ANCHOR: {anchor}`"))?;
    let end = lines
        .iter()
        .position(|line| is(line, "ANCHOR_END:"))
        .ok_or_else(|| format!("there is no `ANCHOR_END: {anchor}`"))?;
    let inside = lines
        .get(start + 1..end)
        .ok_or_else(|| format!("`ANCHOR_END: {anchor}` comes before its start"))?;
    Ok(inside
        .iter()
        .filter(|line| anchor_named(line).is_none())
        .map(|line| format!("{line}\n"))
        .collect())
}

/// What a fence may show: the language and, of the included file, the extension.
const KNOWN: [(&str, &str); 8] = [
    ("rust", "rs"),
    ("toml", "toml"),
    ("python", "py"),
    ("python", "pyi"),
    ("pycon", "pycon"),
    ("console", "console"),
    ("diff", "diff"),
    ("text", "stderr"),
];

/// A fence that no check would prove: another language, other words after it, another kind of file.
fn unproved(info: &str, include: &Include) -> Option<String> {
    let mut words = info.split(',').map(str::trim);
    let language = words.next().unwrap_or_default();
    let extension = include
        .file
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    if !KNOWN.contains(&(language, extension)) {
        return Some(format!(
            "`{info}`: no check proves a block of this language from {}",
            include.file
        ));
    }
    let manifest =
        include.file.ends_with("/Cargo.toml") || include.file.ends_with("/pyproject.toml");
    if language == "toml" && !manifest {
        return Some(format!("{}: no part of a crate's manifest", include.file));
    }
    if !include.file.starts_with("examples/") {
        return Some(format!(
            "{}: a block shows a file of an example",
            include.file
        ));
    }
    let fails = in_example(&include.file).is_some_and(|file| fails::holds(file.inside));
    if language == "rust" && fails != (info == fails::INFO) {
        return Some(format!(
            "`{info}`: a program of fails/, and no other, is shown as `{}`",
            fails::INFO
        ));
    }
    if fails {
        return None;
    }
    if extension == "stderr" {
        return Some(format!("{}: no check compares it", include.file));
    }
    let word = words.find(|word| *word != "no_run" && !word.starts_with("skt-"))?;
    Some(format!(
        "`{info}`: `{word}` is not allowed; a program that must fail is shown by its transcript"
    ))
}

fn include_problem(root: &Path, include: &Include) -> Option<String> {
    let path = root.join(&include.file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Some(format!("the included file {} does not exist", include.file));
    };
    let shown = match &include.anchor {
        None => text,
        Some(anchor) => match anchored(&text, anchor) {
            Ok(shown) => shown,
            Err(why) => return Some(format!("{}: {why}", include.file)),
        },
    };
    shown
        .trim()
        .is_empty()
        .then(|| format!("{}: the included part is empty", include.file))
}

/// A fence that is not run needs an excuse.
fn no_run_problem(exempt: &Exempt, info: &str, include: Option<&Include>) -> Option<String> {
    let words: Vec<&str> = info.split(',').map(str::trim).collect();
    let known = include.is_some_and(|include| exempt.no_run.contains_key(&include.file));
    (words.contains(&"no_run") && !known)
        .then(|| format!("`{info}`: no_run needs a reason in book/exempt.toml"))
}

/// Exemptions of what is no longer there.
fn unused(exempt: &Exempt, pages: &[Page], crates: &[ExampleCrate]) -> Vec<String> {
    let used: BTreeSet<&str> = pages
        .iter()
        .flat_map(|page| &page.fences)
        .filter(|fence| fence.info.contains("no_run"))
        .filter_map(|fence| fence.include.as_ref().map(|include| include.file.as_str()))
        .collect();
    let topics: BTreeSet<&str> = crates
        .iter()
        .map(|example| example.topic.as_str())
        .collect();
    let files = exempt
        .no_run
        .keys()
        .filter(|file| !used.contains(file.as_str()));
    let gone = exempt
        .not_on_windows
        .keys()
        .filter(|topic| !topics.contains(topic.as_str()));
    files
        .chain(gone)
        .map(|name| format!("book/exempt.toml: the exemption of {name} is no longer needed"))
        .collect()
}

/// Crates, captures, scripts and anchors that no page shows, in this variant or for all of them.
fn unshown(root: &Path, pages: &[Page], crates: &[ExampleCrate]) -> Result<Vec<String>> {
    let shown = shown_files(pages);
    let shown_inside: BTreeSet<(&str, &str)> = shown
        .iter()
        .filter_map(|file| in_example(file).map(|file| (file.topic, file.inside)))
        .collect();
    let anchors: BTreeSet<(Track, &str, &str, Option<&str>)> = includes(pages)
        .filter_map(|include| {
            let file = in_example(&include.file)?;
            Some((
                file.track,
                file.topic,
                file.inside,
                include.anchor.as_deref(),
            ))
        })
        .collect();
    // A file that a page shows from the other track alone is the same there: so are its anchors.
    let shown_here: BTreeSet<(Track, &str, &str)> = anchors
        .iter()
        .map(|(track, topic, inside, _)| (*track, *topic, *inside))
        .collect();
    let mut problems = BTreeSet::new();
    for example in crates {
        let folder = format!("examples/{}/", example.name());
        let outcomes = format!("{{{{builds:{}/", example.name());
        let is_shown = shown.iter().any(|file| file.starts_with(&folder))
            || pages.iter().any(|page| page.text.contains(&outcomes));
        if !is_shown {
            problems.insert(format!("{folder}: no page shows this crate"));
        }
        for path in text_files(&example.folder)? {
            let name = project::slashed(path.strip_prefix(root)?);
            let Some(file) = in_example(&name) else {
                continue;
            };
            let is_shown = if example.is_workspace() {
                shown.contains(&name)
            } else {
                shown_inside.contains(&(file.topic, file.inside))
            };
            if must_be_shown(file.inside) && !is_shown {
                problems.insert(format!("{name}: no page shows it"));
            }
            let here = (file.track, file.topic, file.inside);
            if shown_inside.contains(&(file.topic, file.inside)) && !shown_here.contains(&here) {
                continue;
            }
            for anchor in project::read(&path)?.lines().filter_map(anchor_named) {
                if !anchors.contains(&(file.track, file.topic, file.inside, Some(anchor))) {
                    problems.insert(format!("{name}: no page uses the anchor `{anchor}`"));
                }
            }
        }
    }
    Ok(problems.into_iter().collect())
}

/// Scripts, sessions, diffs and captures beside the manifest are there for a page.
fn must_be_shown(inside: &str) -> bool {
    !inside.contains('/')
        && [".console", ".diff", ".py", ".pycon"]
            .iter()
            .any(|end| inside.ends_with(end))
}

/// A file of one variant that a page shows for all of them must be the same in all of them, and
/// the same in the other track, if that has it and no page shows it from there. `check`
/// compares what is a copy by the table.
fn different_twins(
    root: &Path,
    pages: &[Page],
    crates: &[ExampleCrate],
    copies: &Copies,
) -> Result<Vec<String>> {
    let shown = shown_files(pages);
    let shown_in = |track: Track, topic: &str, inside: &str| {
        shown
            .iter()
            .filter_map(|file| in_example(file))
            .any(|file| (file.track, file.topic, file.inside) == (track, topic, inside))
    };
    let mut problems = Vec::new();
    for name in &shown {
        let Some(file) = in_example(name) else {
            continue;
        };
        // Crates that are workspaces by themselves stand for versions: a page shows each of them.
        if file.example(root).is_workspace() {
            continue;
        }
        let others = crates.iter().filter(|other| {
            other.topic == file.topic
                && !other.is_workspace()
                && (other.track, other.variant.as_str()) != (file.track, file.variant)
        });
        for other in others {
            let twin = format!("examples/{}/{}", other.name(), file.inside);
            let same_track = other.track == file.track;
            // Of the other track, only what stands for the same variant, if the page shows that one.
            let nearer = format!(
                "{}/{}/{}/{}",
                file.track.examples(),
                file.topic,
                other.variant,
                file.inside
            );
            let shown_there = !same_track
                && (shown_in(other.track, file.topic, file.inside)
                    || nearer != *name && shown.contains(&nearer));
            if shown.contains(&twin) || shown_there || copies.are_twins(name, &twin) {
                continue;
            }
            match std::fs::read_to_string(root.join(&twin)) {
                Ok(text) if text == project::read(&root.join(name))? => {}
                Ok(_) => problems.push(format!(
                    "{twin}: differs from {name}, which the page shows for every runtime"
                )),
                Err(_) if same_track => problems.push(format!(
                    "{twin}: missing, though the page shows {name} for every runtime"
                )),
                Err(_) => {}
            }
        }
    }
    Ok(problems)
}

/// Modules of one variant share a target folder: under one library name, one replaces the other.
fn same_library(crates: &[ExampleCrate]) -> Result<Vec<String>> {
    let mut owners: BTreeMap<(Track, String, String), String> = BTreeMap::new();
    let mut problems = Vec::new();
    let together = |example: &&ExampleCrate| example.is_native_module() && !example.is_workspace();
    for example in crates.iter().filter(together) {
        let library = example.library()?;
        let owner = owners
            .entry((example.track, example.variant.clone(), library.clone()))
            .or_insert_with(|| example.name());
        if *owner != example.name() {
            problems.push(format!(
                "examples/{}/Cargo.toml: the library is called {library}, like that of {owner}",
                example.name()
            ));
        }
    }
    Ok(problems)
}

fn includes(pages: &[Page]) -> impl Iterator<Item = &Include> {
    pages
        .iter()
        .flat_map(|page| &page.fences)
        .filter_map(|fence| fence.include.as_ref())
}

fn shown_files(pages: &[Page]) -> BTreeSet<String> {
    includes(pages)
        .map(|include| include.file.clone())
        .collect()
}

fn anchor_named(line: &str) -> Option<&str> {
    line.split_once("ANCHOR:")
        .or_else(|| line.split_once("ANCHOR_END:"))
        .and_then(|(_, name)| name.split_whitespace().next())
}

fn text_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let known = ["rs", "toml", "py", "pyi", "pycon", "console", "diff"];
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let path = entry
            .with_context(|| format!("cannot list {}", folder.display()))?
            .into_path();
        if path
            .extension()
            .is_some_and(|extension| known.iter().any(|name| extension == *name))
        {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "a\n// ANCHOR: one\nb\n// ANCHOR: two\nc\n// ANCHOR_END: two\n// ANCHOR_END: one\n";

    #[test]
    fn an_anchor_gives_its_lines_without_other_anchors() {
        assert_eq!(anchored(TEXT, "one").unwrap(), "b\nc\n");
        assert_eq!(anchored(TEXT, "two").unwrap(), "c\n");
    }

    #[test]
    fn a_missing_start_or_end_is_an_error() {
        assert!(
            anchored(TEXT, "three")
                .unwrap_err()
                .contains("no `ANCHOR: three`")
        );
        assert!(
            anchored("// ANCHOR: a\nx\n", "a")
                .unwrap_err()
                .contains("no `ANCHOR_END: a`")
        );
    }

    #[test]
    fn an_anchor_whose_name_begins_like_another_is_another() {
        assert!(anchored("// ANCHOR: ab\nx\n// ANCHOR_END: ab\n", "a").is_err());
    }
}
