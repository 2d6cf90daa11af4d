//! Every fence shows a real file: no typed code, no missing file or anchor, nothing left unshown.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::check::compile_fail;
use crate::check::copies::Copies;
use crate::repo::bridge::{InExample, in_example};
use crate::repo::page::{Fence, Include};
use crate::repo::{Bridge, ExampleCrate, Page, Problem, Repo, anchors, driver, example::DRIVERS};

pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let copies = Copies::of(repo)?;
    let shown = shown(repo);
    let of_fences = repo.fences().flat_map(|(page, fence)| of_fence(repo, page, fence));
    Ok(of_fences
        .chain(unused(repo))
        .chain(repo.crates.iter().flat_map(|example| unshown(repo, example, &shown, &copies)))
        .chain(shown.files.iter().flat_map(|file| different_twins(repo, file, &shown, &copies)))
        .chain(same_library(repo))
        .chain(drivers(repo))
        .collect())
}

/// Blocks whose file or anchor is not there: mdBook cannot expand their pages.
pub fn unresolved(repo: &Repo) -> Vec<Problem> {
    let problem = |(page, fence): (&Page, &Fence)| {
        Some(page.problem(fence.line, include_problem(repo, fence.include.as_ref()?)?))
    };
    repo.fences().filter_map(problem).collect()
}

fn of_fence(repo: &Repo, page: &Page, fence: &Fence) -> Vec<Problem> {
    let file = fence.include.as_ref().map(|include| &include.file);
    let is_excused = file.is_some_and(|file| repo.exempt.no_run.contains_key(file));
    let lacks_reason = fence.words().any(|word| word == "no_run") && !is_excused;
    let reason = lacks_reason.then(|| format!("`{}`: no_run needs a reason in book/exempt.toml", fence.info));
    let by_hand = "this block is typed by hand: put its text into a file under examples/ and include it";
    let proof = match &fence.include {
        None => Some(by_hand.to_owned()),
        Some(include) => include_problem(repo, include).or_else(|| unproved(fence, &include.file)),
    };
    reason.into_iter().chain(proof).map(|what| page.problem(fence.line, what)).collect()
}

/// A fence that no check would prove: another language, other words after it, another kind of file.
fn unproved(fence: &Fence, file: &str) -> Option<String> {
    let (info, language) = (&fence.info, fence.language());
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_known = match language {
        "rust" => extension == "rs",
        "python" => extension == "py" || extension == "pyi",
        "text" => extension == "stderr",
        "toml" | "pycon" | "console" | "diff" => extension == language,
        _ => false,
    };
    let fails = in_example(file).is_some_and(|file| compile_fail::holds(file.inside));
    Some(if !is_known {
        format!("`{info}`: no check proves a block of this language from {file}")
    } else if language == "toml" && !file.ends_with("/Cargo.toml") && !file.ends_with("/pyproject.toml") {
        format!("{file}: no part of a crate's manifest")
    } else if !file.starts_with("examples/") {
        format!("{file}: a block shows a file of an example")
    } else if language == "rust" && fails != (info == compile_fail::INFO) {
        format!("`{info}`: a program of fails/, and no other, is shown as `{}`", compile_fail::INFO)
    } else if fails {
        return None;
    } else if extension == "stderr" {
        format!("{file}: no check compares it")
    } else {
        let word = fence.words().skip(1).find(|word| *word != "no_run" && !word.starts_with("skt-"))?;
        format!("`{info}`: `{word}` is not allowed; a program that must fail is shown by its transcript")
    })
}

fn include_problem(repo: &Repo, Include { file, anchor, .. }: &Include) -> Option<String> {
    let Some(text) = repo.text(file) else { return Some(format!("the included file {file} does not exist")) };
    let shown = anchor.as_ref().map_or_else(|| Ok(text.to_owned()), |anchor| anchors::anchored(text, anchor));
    match shown {
        Err(why) => Some(format!("{file}: {why}")),
        Ok(shown) => shown.trim().is_empty().then(|| format!("{file}: the included part is empty")),
    }
}

/// Exemptions of what is no longer there.
fn unused(repo: &Repo) -> Vec<Problem> {
    let fences = repo.fences().filter(|(_, fence)| fence.info.contains("no_run"));
    let used: BTreeSet<_> = fences.filter_map(|(_, fence)| Some(&fence.include.as_ref()?.file)).collect();
    let files = repo.exempt.no_run.keys().filter(|file| !used.contains(file));
    let is_there = |topic: &str| repo.crates.iter().any(|example| example.topic == topic);
    let gone = repo.exempt.not_on_windows.keys().filter(|topic| !is_there(topic));
    let what = files.chain(gone).map(|name| format!("the exemption of {name} is no longer needed"));
    what.map(|what| Problem::new("book/exempt.toml", what)).collect()
}

/// What pages show of the examples.
#[derive(Default)]
struct Shown<'a> {
    files: BTreeSet<&'a str>,
    /// Their anchors by bridge, topic and path inside the crate, whatever the variant.
    anchors: BTreeMap<(Bridge, &'a str, &'a str), BTreeSet<&'a str>>,
}

fn shown(repo: &Repo) -> Shown<'_> {
    let mut shown = Shown::default();
    for include in repo.pages.iter().flat_map(Page::includes) {
        shown.files.insert(&include.file);
        if let Some(InExample { bridge, topic, inside, .. }) = include.example() {
            shown.anchors.entry((bridge, topic, inside)).or_default().extend(include.anchor.as_deref());
        }
    }
    shown
}

/// The crate, captures, scripts and anchors that no page shows, in this variant or for all of them.
fn unshown(repo: &Repo, example: &ExampleCrate, shown: &Shown, copies: &Copies) -> BTreeSet<Problem> {
    let mut problems = BTreeSet::new();
    let folder = example.file("");
    let outcomes = format!("{{{{builds:{}/", example.name());
    let is_shown = shown.files.iter().any(|file| file.starts_with(&folder))
        || repo.pages.iter().any(|page| page.text.contains(&outcomes));
    if !is_shown {
        problems.insert(Problem::new(&folder, "no page shows this crate"));
    }
    for (inside, text) in repo.texts(example, &["rs", "toml", "py", "pyi", "pycon", "console", "diff"]) {
        let name = example.file(inside);
        let is_shown_for = |bridge| shown.anchors.contains_key(&(bridge, example.topic.as_str(), inside));
        let of_topic = Bridge::ALL.into_iter().any(is_shown_for);
        let is_shown = if example.is_workspace { shown.files.contains(name.as_str()) } else { of_topic };
        // Scripts, sessions, diffs and captures beside the manifest are there for a page.
        let is_for_page = [".console", ".diff", ".py", ".pycon"].iter().any(|end| inside.ends_with(end));
        if is_for_page && !inside.contains('/') && !is_shown {
            problems.insert(Problem::new(&name, "no page shows it"));
        }
        // A file that a page shows for the other bridge alone is the same there: so are its anchors.
        if of_topic && !is_shown_for(example.bridge) {
            continue;
        }
        // The anchors of a copy are there for the pages that show its original.
        let files = [&name, copies.first(&name)].into_iter().filter_map(in_example);
        let used = files.filter_map(|file| shown.anchors.get(&(file.bridge, file.topic, file.inside)));
        let used: BTreeSet<&str> = used.flatten().copied().collect();
        for anchor in text.lines().filter_map(anchors::anchor_named).filter(|anchor| !used.contains(anchor)) {
            let what = format!("no page uses the anchor `{anchor}`: show it, or delete its two comments");
            problems.insert(Problem::new(&name, what));
        }
    }
    problems
}

/// A file of one variant that a page shows for all of them must be the same in all of them, and
/// the same for the other bridge, if that has it and no page shows it from there. `check`
/// compares what is a copy by the table. Crates that are workspaces by themselves stand for versions: a page shows
/// each of them.
fn different_twins(repo: &Repo, name: &str, shown: &Shown, copies: &Copies) -> Vec<Problem> {
    let (Some(file), Some(own)) = (in_example(name), repo.crate_of(name).filter(|own| !own.is_workspace)) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let is_other = |other: &&ExampleCrate| other.topic == own.topic && !other.is_workspace && other.dir != own.dir;
    for other in repo.crates.iter().filter(is_other) {
        let twin = other.file(file.inside);
        let same_bridge = other.bridge == own.bridge;
        // Of the other bridge, only what stands for the same variant, if the page shows that one.
        let nearer = format!("{}/{}/{}/{}", own.bridge.examples(), own.topic, other.variant, file.inside);
        let shown_there = shown.anchors.contains_key(&(other.bridge, file.topic, file.inside))
            || nearer != name && shown.files.contains(nearer.as_str());
        if shown.files.contains(twin.as_str()) || !same_bridge && shown_there || copies.are_twins(name, &twin) {
            continue;
        }
        let what = match repo.text(&twin) {
            Some(text) if Some(text) != repo.text(name) => {
                format!("differs from {name}, which the page shows for every runtime")
            }
            None if same_bridge => format!("missing, though the page shows {name} for every runtime"),
            _ => continue,
        };
        problems.push(Problem::new(twin, what));
    }
    problems
}

/// Modules of one variant share a target folder: under one library name, one replaces the other.
fn same_library(repo: &Repo) -> Vec<Problem> {
    let mut owners = BTreeMap::new();
    let mut problems = Vec::new();
    for example in repo.crates.iter().filter(|example| example.is_native_module && !example.is_workspace) {
        let library = example.library();
        let owner = owners.entry((example.bridge, &example.variant, library.clone())).or_insert(example);
        if owner.dir != example.dir {
            let what = format!("the library is called {library}, like that of {}", owner.name());
            problems.push(Problem::new(example.file("Cargo.toml"), what));
        }
    }
    problems
}

/// Drivers that are missing, that have no place for a block, or that no block uses; and two that differ under one
/// name, of which skeptic can have only one.
fn drivers(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for (page, fence) in repo.fences() {
        let example = fence.include.as_ref().and_then(|include| repo.crate_of(&include.file));
        let (Some(name), Some(example)) = (driver::named(&fence.info), example) else { continue };
        used.insert((example.bridge, &example.topic, name));
        let what = match driver::of(repo, example, name) {
            Some(text) if driver::has_place(text) => continue,
            Some(_) => "has not one `// BLOCK`",
            None => "is missing",
        };
        let file = example.file(&format!("{DRIVERS}{name}.rs"));
        problems.push(page.problem(fence.line, format!("`{}`: {file} {what}", fence.info)));
    }
    let mut first = BTreeMap::new();
    for example in &repo.crates {
        for (file, text) in repo.below(&example.dir).filter(|(file, _)| file.starts_with(DRIVERS)) {
            let Some(name) = file[DRIVERS.len()..].strip_suffix(".rs") else { continue };
            if !used.contains(&(example.bridge, &example.topic, name)) {
                problems.push(Problem::new(example.file(file), "no block uses it"));
            }
            let (other, same) = *first.entry((example.bridge, name)).or_insert((&example.dir, text));
            if same != text {
                let what = format!("differs from the driver of this name in {other}");
                problems.push(Problem::new(example.file(file), what));
            }
        }
    }
    problems
}
