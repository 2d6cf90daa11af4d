//! Programs that must not compile: `fails/NAME.rs` of a crate, and what the compiler says of it in
//! `fails/NAME.stderr`. The crate's test `tests/fails.rs` lets trybuild compile and compare them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::repo::Repo;
use crate::repo::example::ExampleCrate;
use crate::repo::problem::Problem;

pub const FOLDER: &str = "fails";
const TEST: &str = "tests/fails.rs";
const CALL: &str = "compile_fail(\"fails/*.rs\")";
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^error\[(E\d+)\]").expect("valid"));
/// How a page marks such a program.
pub const INFO: &str = "rust,compile_fail";

/// Whether a file of an example is a program that must not compile, or what the compiler says of it.
pub fn holds(inside: &str) -> bool {
    inside.starts_with("fails/")
}

pub fn has_some(repo: &Repo, example: &ExampleCrate) -> bool {
    in_folder(repo, example).next().is_some()
}

/// The files of its folder, by their names there. One that is no text has an empty one.
fn in_folder<'a>(repo: &'a Repo, example: &'a ExampleCrate) -> impl Iterator<Item = (&'a str, &'a str)> {
    let files = repo.below(&example.dir);
    let text = |content: &'a [u8]| std::str::from_utf8(content).unwrap_or_default();
    files.filter_map(move |(file, content)| Some((file.strip_prefix("fails/")?, text(content))))
}

/// Whether a page includes the file, or names the outcome of its program: `{{builds:TOPIC/VARIANT/NAME}}`.
fn is_shown(repo: &Repo, example: &ExampleCrate, file: &str, name: &str) -> bool {
    let outcome = format!("{{{{builds:{}/{}}}}}", example.name(), stem(file));
    repo.pages.iter().any(|page| page.text.contains(&outcome) || page.includes().any(|include| include.file == name))
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split('.').next().unwrap_or(name)
}

/// Programs without a message, messages without a program, either that no page shows, and folders
/// whose programs nobody compiles.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for example in repo.crates.iter().filter(|example| has_some(repo, example)) {
        if example.is_native_module {
            problems.push(Problem::new(
                format!("{}/{FOLDER}", example.dir),
                "the tests of a native module are Python's: no check compiles these",
            ));
        }
        let test = format!("{}/{TEST}", example.dir);
        if !repo.text(&test).unwrap_or_default().contains(CALL) {
            problems.push(Problem::new(test, format!("must call `{CALL}`")));
        }
        for (file, text) in in_folder(repo, example) {
            problems.extend(of_file(repo, example, file, text));
        }
    }
    problems
}

fn of_file(repo: &Repo, example: &ExampleCrate, file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = format!("{}/{FOLDER}/{file}", example.dir);
    let twin = if file.ends_with(".rs") { "stderr" } else { "rs" };
    if !repo.has(&format!("{}/{FOLDER}/{}.{twin}", example.dir, stem(file))) {
        problems.push(Problem::new(&name, format!("has no .{twin} beside it")));
    }
    if !is_shown(repo, example, file, &name) {
        problems.push(Problem::new(&name, "no page shows it, nor says what becomes of it"));
    }
    // In another version the program may compile, but it is the same program.
    let is_version =
        |other: &&ExampleCrate| example.is_workspace && other.is_workspace && other.topic == example.topic;
    for other in repo.crates.iter().filter(is_version).filter(|_| twin == "stderr") {
        for folder in [FOLDER, "src/bin"] {
            let place = format!("{}/{folder}/{file}", other.dir);
            if repo.text(&place).is_some_and(|same| same != text) {
                problems.push(Problem::new(place, format!("differs from {name}")));
            }
        }
    }
    problems
}

/// What becomes of every program of the crates, by `TOPIC/VARIANT/NAME`: `✓`, or the codes of the errors.
pub fn outcomes(repo: &Repo) -> BTreeMap<String, String> {
    let mut outcomes = BTreeMap::new();
    for example in &repo.crates {
        let name = |file: &str| format!("{}/{}", example.name(), stem(file));
        for (file, text) in repo.texts(example, &["rs", "stderr"]) {
            if file.strip_prefix("src/bin/").is_some_and(|file| !file.contains('/')) {
                outcomes.insert(name(file), "✓".to_owned());
            }
            if file.starts_with("fails/") && file.ends_with(".stderr") {
                outcomes.extend(codes(text).map(|codes| (name(file), codes)));
            }
        }
    }
    outcomes
}

/// The codes of the errors. Not every error has one: a page says of such a program what it is told.
fn codes(said: &str) -> Option<String> {
    let codes: BTreeSet<&str> =
        CODE.captures_iter(said).filter_map(|found| found.get(1)).map(|code| code.as_str()).collect();
    (!codes.is_empty()).then(|| codes.into_iter().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_named_once() {
        let said = "error[E0425]: a\n\nerror[E0308]: b\n\nerror[E0425]: c\n";
        assert_eq!(codes(said).as_deref(), Some("E0308, E0425"));
        assert_eq!(codes("error: expected item\n"), None);
    }
}
