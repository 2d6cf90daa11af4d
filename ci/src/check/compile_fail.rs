//! Programs that must not compile: `fails/NAME.rs` of a crate, and what the compiler says of it in
//! `fails/NAME.stderr`. The crate's test `tests/fails.rs` lets trybuild compile and compare them.

use std::collections::{BTreeMap, BTreeSet};

use crate::repo::{ExampleCrate, Page, Pattern, Problem, Repo};

pub const FOLDER: &str = "fails";
const CALL: &str = "compile_fail(\"fails/*.rs\")";
static CODE: Pattern = Pattern::of(r"(?m)^error\[(E\d+)\]");
/// How a page marks such a program.
pub const INFO: &str = "rust,compile_fail";

/// Whether a file of an example is a program that must not compile, or what the compiler says of it.
pub fn holds(inside: &str) -> bool {
    inside.starts_with("fails/")
}

pub fn has_some(repo: &Repo, example: &ExampleCrate) -> bool {
    repo.below(&example.dir).any(|(inside, _)| holds(inside))
}

/// How an outcome is called: `TOPIC/VARIANT/NAME`.
fn outcome(example: &ExampleCrate, inside: &str) -> String {
    let file = inside.rsplit('/').next().unwrap_or(inside);
    format!("{}/{}", example.name(), file.split('.').next().unwrap_or(file))
}

/// Programs without a message, messages without a program, either that no page shows, and folders
/// whose programs nobody compiles.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for example in repo.crates.iter().filter(|example| has_some(repo, example)) {
        if example.is_native_module {
            let what = "the tests of a native module are Python's: no check compiles these";
            problems.push(Problem::new(example.file(FOLDER), what));
        }
        let test = example.file("tests/fails.rs");
        if !repo.text(&test).unwrap_or_default().contains(CALL) {
            problems.push(Problem::new(test, format!("must call `{CALL}`")));
        }
        let files = repo.below(&example.dir).filter(|(inside, _)| holds(inside));
        problems.extend(files.flat_map(|(inside, _)| of_file(repo, example, inside)));
    }
    problems
}

fn of_file(repo: &Repo, example: &ExampleCrate, inside: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let file = example.file(inside);
    let stem = inside.split('.').next().unwrap_or(inside);
    let is_program = inside.ends_with(".rs");
    let twin = if is_program { "stderr" } else { "rs" };
    if !repo.has(&example.file(&format!("{stem}.{twin}"))) {
        problems.push(Problem::new(&file, format!("has no .{twin} beside it")));
    }
    let builds = format!("{{{{builds:{}}}}}", outcome(example, inside));
    let shows = |page: &Page| page.text.contains(&builds) || page.includes().any(|include| include.file == file);
    if !repo.pages.iter().any(shows) {
        problems.push(Problem::new(&file, "no page shows it, nor says what becomes of it"));
    }
    // In another version the program may compile, but it is the same program.
    let is_version = |other: &&ExampleCrate| is_program && example.is_workspace && other.is_workspace;
    for other in repo.variants(example).filter(is_version) {
        for place in [inside, &inside.replacen(FOLDER, "src/bin", 1)].map(|inside| other.file(inside)) {
            if repo.text(&place).is_some_and(|same| Some(same) != repo.text(&file)) {
                problems.push(Problem::new(place, format!("differs from {file}")));
            }
        }
    }
    problems
}

/// What becomes of every program of the crates, by `TOPIC/VARIANT/NAME`: `✓`, or the codes of the errors.
pub fn outcomes(repo: &Repo) -> BTreeMap<String, String> {
    let mut outcomes = BTreeMap::new();
    for example in &repo.crates {
        for (inside, text) in repo.texts(example, &["rs", "stderr"]) {
            if inside.strip_prefix("src/bin/").is_some_and(|file| !file.contains('/')) {
                outcomes.insert(outcome(example, inside), "✓".to_owned());
            }
            if holds(inside) && inside.ends_with(".stderr") {
                outcomes.extend(codes(text).map(|codes| (outcome(example, inside), codes)));
            }
        }
    }
    outcomes
}

/// The codes of the errors. Not every error has one: a page says of such a program what it is told.
fn codes(said: &str) -> Option<String> {
    let codes: BTreeSet<&str> = CODE.captures_iter(said).map(|found| found.extract::<1>().1[0]).collect();
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
