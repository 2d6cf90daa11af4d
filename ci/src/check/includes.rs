//! Every fence shows a real file: no typed code, no missing file or anchor, nothing left unshown.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::check::compile_fail;
use crate::check::copies::Copies;
use crate::repo::bridge::{Bridge, in_example};
use crate::repo::example::{DRIVERS, ExampleCrate};
use crate::repo::exempt::Exempt;
use crate::repo::page::{Include, Page};
use crate::repo::problem::Problem;
use crate::repo::{Repo, anchors, driver};

pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let copies = Copies::of(repo)?;
    let shown = Shown::of(repo);
    let of_pages = repo.pages.iter().flat_map(|page| of_page(repo, page));
    Ok(of_pages
        .chain(unused(repo))
        .chain(repo.crates.iter().flat_map(|example| unshown(repo, example, &shown, &copies)))
        .chain(shown.files.iter().flat_map(|file| different_twins(repo, file, &shown, &copies)))
        .chain(same_library(repo))
        .chain(drivers(repo))
        .collect())
}

/// Blocks whose file or anchor is not there: mdBook cannot expand their pages.
pub fn unresolved(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for page in &repo.pages {
        for fence in &page.fences {
            let what = fence.include.as_ref().and_then(|include| include_problem(repo, include));
            problems.extend(what.map(|what| page.problem(fence.line, what)));
        }
    }
    problems
}

/// What is wrong with the fences of a page.
fn of_page(repo: &Repo, page: &Page) -> Vec<Problem> {
    let mut problems = Vec::new();
    for fence in &page.fences {
        let include = fence.include.as_ref();
        let what = match include {
            None => Some(
                "this block is typed by hand: put its text into a file under examples/ and include it".to_owned(),
            ),
            Some(include) => include_problem(repo, include).or_else(|| unproved(&fence.info, include)),
        };
        let no_run = no_run_problem(&repo.exempt, &fence.info, include);
        let what = no_run.into_iter().chain(what);
        problems.extend(what.map(|what| page.problem(fence.line, what)));
    }
    problems
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
    let extension = include.file.rsplit_once('.').map_or("", |(_, extension)| extension);
    if !KNOWN.contains(&(language, extension)) {
        return Some(format!("`{info}`: no check proves a block of this language from {}", include.file));
    }
    let manifest = include.file.ends_with("/Cargo.toml") || include.file.ends_with("/pyproject.toml");
    if language == "toml" && !manifest {
        return Some(format!("{}: no part of a crate's manifest", include.file));
    }
    if !include.file.starts_with("examples/") {
        return Some(format!("{}: a block shows a file of an example", include.file));
    }
    let fails = in_example(&include.file).is_some_and(|file| compile_fail::holds(file.inside));
    if language == "rust" && fails != (info == compile_fail::INFO) {
        return Some(format!("`{info}`: a program of fails/, and no other, is shown as `{}`", compile_fail::INFO));
    }
    if fails {
        return None;
    }
    if extension == "stderr" {
        return Some(format!("{}: no check compares it", include.file));
    }
    let word = words.find(|word| *word != "no_run" && !word.starts_with("skt-"))?;
    Some(format!("`{info}`: `{word}` is not allowed; a program that must fail is shown by its transcript"))
}

fn include_problem(repo: &Repo, include: &Include) -> Option<String> {
    let file = &include.file;
    let Some(text) = repo.text(file) else {
        return Some(format!("the included file {file} does not exist"));
    };
    let shown = match &include.anchor {
        None => text.to_owned(),
        Some(anchor) => match anchors::anchored(text, anchor) {
            Ok(shown) => shown,
            Err(why) => return Some(format!("{file}: {why}")),
        },
    };
    let is_empty = shown.trim().is_empty();
    is_empty.then(|| format!("{file}: the included part is empty"))
}

/// A fence that is not run needs an excuse.
fn no_run_problem(exempt: &Exempt, info: &str, include: Option<&Include>) -> Option<String> {
    let words: Vec<&str> = info.split(',').map(str::trim).collect();
    let known = include.is_some_and(|include| exempt.no_run.contains_key(&include.file));
    (words.contains(&"no_run") && !known).then(|| format!("`{info}`: no_run needs a reason in book/exempt.toml"))
}

/// Exemptions of what is no longer there.
fn unused(repo: &Repo) -> Vec<Problem> {
    let fences = repo.pages.iter().flat_map(|page| &page.fences);
    let used: BTreeSet<&str> = fences
        .filter(|fence| fence.info.contains("no_run"))
        .filter_map(|fence| Some(fence.include.as_ref()?.file.as_str()))
        .collect();
    let topics: BTreeSet<&str> = repo.crates.iter().map(|one| one.topic.as_str()).collect();
    let files = repo.exempt.no_run.keys().filter(|file| !used.contains(file.as_str()));
    let gone = repo.exempt.not_on_windows.keys().filter(|topic| !topics.contains(topic.as_str()));
    let what = files.chain(gone).map(|name| format!("the exemption of {name} is no longer needed"));
    what.map(|what| Problem::new("book/exempt.toml", what)).collect()
}

/// What pages show of the examples.
struct Shown<'a> {
    files: BTreeSet<&'a str>,
    /// By topic and path inside the crate, whatever the variant.
    inside: BTreeSet<(&'a str, &'a str)>,
    /// The same of each bridge, with the anchors.
    anchors: BTreeSet<(Bridge, &'a str, &'a str, Option<&'a str>)>,
}

impl<'a> Shown<'a> {
    fn of(repo: &'a Repo) -> Self {
        let mut shown = Self { files: BTreeSet::new(), inside: BTreeSet::new(), anchors: BTreeSet::new() };
        for include in repo.pages.iter().flat_map(Page::includes) {
            shown.files.insert(&include.file);
            let Some(file) = in_example(&include.file) else {
                continue;
            };
            shown.inside.insert((file.topic, file.inside));
            let anchor = include.anchor.as_deref();
            shown.anchors.insert((file.bridge, file.topic, file.inside, anchor));
        }
        shown
    }

    /// Whether a page shows this file of some variant of the bridge.
    fn with(&self, bridge: Bridge, topic: &str, inside: &str) -> bool {
        self.anchors.iter().any(|(b, t, i, _)| (*b, *t, *i) == (bridge, topic, inside))
    }
}

/// The crate, captures, scripts and anchors that no page shows, in this variant or for all of them.
fn unshown(repo: &Repo, example: &ExampleCrate, shown: &Shown, copies: &Copies) -> BTreeSet<Problem> {
    const KNOWN: [&str; 7] = ["rs", "toml", "py", "pyi", "pycon", "console", "diff"];
    let mut problems = BTreeSet::new();
    let folder = format!("{}/", example.dir);
    let outcomes = format!("{{{{builds:{}/", example.name());
    let is_shown = shown.files.iter().any(|file| file.starts_with(&folder))
        || repo.pages.iter().any(|page| page.text.contains(&outcomes));
    if !is_shown {
        problems.insert(Problem::new(&folder, "no page shows this crate"));
    }
    for (inside, text) in repo.texts(example, &KNOWN) {
        let name = format!("{folder}{inside}");
        let in_some_variant = shown.inside.contains(&(example.topic.as_str(), inside));
        let is_shown = if example.is_workspace { shown.files.contains(name.as_str()) } else { in_some_variant };
        if must_be_shown(inside) && !is_shown {
            problems.insert(Problem::new(&name, "no page shows it"));
        }
        // A file that a page shows for the other bridge alone is the same there: so are its anchors.
        if in_some_variant && !shown.with(example.bridge, &example.topic, inside) {
            continue;
        }
        // The anchors of a copy are there for the pages that show its original.
        let original = in_example(copies.first(&name));
        let original = original
            .map_or((example.bridge, example.topic.as_str(), inside), |file| (file.bridge, file.topic, file.inside));
        for anchor in text.lines().filter_map(anchors::anchor_named) {
            let is_shown = [(example.bridge, example.topic.as_str(), inside), original]
                .iter()
                .any(|(bridge, topic, inside)| shown.anchors.contains(&(*bridge, *topic, *inside, Some(anchor))));
            if !is_shown {
                let what = format!("no page uses the anchor `{anchor}`: show it, or delete its two comments");
                problems.insert(Problem::new(&name, what));
            }
        }
    }
    problems
}

/// Scripts, sessions, diffs and captures beside the manifest are there for a page.
fn must_be_shown(inside: &str) -> bool {
    !inside.contains('/') && [".console", ".diff", ".py", ".pycon"].iter().any(|end| inside.ends_with(end))
}

/// A file of one variant that a page shows for all of them must be the same in all of them, and
/// the same for the other bridge, if that has it and no page shows it from there. `check`
/// compares what is a copy by the table.
fn different_twins(repo: &Repo, name: &str, shown: &Shown, copies: &Copies) -> Vec<Problem> {
    let (Some(file), Some(own)) = (in_example(name), repo.crate_of(name)) else {
        return Vec::new();
    };
    // Crates that are workspaces by themselves stand for versions: a page shows each of them.
    if own.is_workspace {
        return Vec::new();
    }
    let others = repo.crates.iter().filter(|other| {
        other.topic == file.topic
            && !other.is_workspace
            && (other.bridge, other.variant.as_str()) != (file.bridge, file.variant)
    });
    others
        .filter_map(|other| {
            let twin = format!("{}/{}", other.dir, file.inside);
            let same_bridge = other.bridge == file.bridge;
            // Of the other bridge, only what stands for the same variant, if the page shows that one.
            let nearer = format!("{}/{}/{}/{}", file.bridge.examples(), file.topic, other.variant, file.inside);
            let shown_there = !same_bridge
                && (shown.with(other.bridge, file.topic, file.inside)
                    || nearer != name && shown.files.contains(nearer.as_str()));
            if shown.files.contains(twin.as_str()) || shown_there || copies.are_twins(name, &twin) {
                return None;
            }
            let what = match repo.text(&twin) {
                Some(text) if Some(text) == repo.text(name) => return None,
                Some(_) => format!("differs from {name}, which the page shows for every runtime"),
                None if same_bridge => {
                    format!("missing, though the page shows {name} for every runtime")
                }
                None => return None,
            };
            Some(Problem::new(twin, what))
        })
        .collect()
}

/// Modules of one variant share a target folder: under one library name, one replaces the other.
fn same_library(repo: &Repo) -> Vec<Problem> {
    let mut owners: BTreeMap<(Bridge, &str, String), String> = BTreeMap::new();
    let mut problems = Vec::new();
    let together = |example: &&ExampleCrate| example.is_native_module && !example.is_workspace;
    for example in repo.crates.iter().filter(together) {
        let library = example.library();
        let key = (example.bridge, example.variant.as_str(), library.clone());
        let owner = owners.entry(key).or_insert_with(|| example.name());
        if *owner != example.name() {
            let what = format!("the library is called {library}, like that of {owner}");
            problems.push(Problem::new(format!("{}/Cargo.toml", example.dir), what));
        }
    }
    problems
}

/// Drivers that are missing, that have no place for a block, or that no block uses; and two that differ under one
/// name, of which skeptic can have only one.
fn drivers(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for page in &repo.pages {
        for fence in &page.fences {
            let example = fence.include.as_ref().and_then(|include| repo.crate_of(&include.file));
            let (Some(name), Some(example)) = (driver::named(&fence.info), example) else {
                continue;
            };
            used.insert((example.bridge, example.topic.as_str(), name));
            let what = match driver::of(repo, example, name) {
                Some(text) if driver::has_place(text) => continue,
                Some(_) => "has not one `// BLOCK`",
                None => "is missing",
            };
            let file = format!("{}/{}{name}.rs", example.dir, DRIVERS);
            problems.push(page.problem(fence.line, format!("`{}`: {file} {what}", fence.info)));
        }
    }
    let mut first = BTreeMap::new();
    for example in &repo.crates {
        for (file, text) in repo.below(&example.dir) {
            let Some(name) = file.strip_prefix(DRIVERS).and_then(|name| name.strip_suffix(".rs")) else {
                continue;
            };
            let file = format!("{}/{file}", example.dir);
            if !used.contains(&(example.bridge, example.topic.as_str(), name)) {
                problems.push(Problem::new(&file, "no block uses it"));
            }
            let (other, same) = *first.entry((example.bridge, name)).or_insert((&example.dir, text));
            if same != text {
                problems.push(Problem::new(&file, format!("differs from the driver of this name in {other}")));
            }
        }
    }
    problems
}
