//! The diffs that pages show (`from-VARIANT.diff`): made from the two crates, compared by the checks.

use std::collections::BTreeSet;
use std::path::Path;

use similar::TextDiff;

use crate::repo::Repo;
use crate::repo::example::{DRIVERS, ExampleCrate};
use crate::repo::problem::Problem;

/// A diff file beside a crate's manifest, from the root, and what it has to hold.
pub struct Diff {
    pub file: String,
    pub text: String,
}

/// The diff files of a crate. One from a variant that is not there has no text.
fn of<'a>(repo: &'a Repo, example: &'a ExampleCrate) -> impl Iterator<Item = (String, Option<String>)> + 'a {
    let files = repo.texts(example, &["diff"]).filter(|(file, _)| !file.contains('/'));
    files.map(move |(file, _)| {
        let variant = file.strip_prefix("from-").and_then(|name| name.strip_suffix(".diff"));
        let older = variant.and_then(|variant| {
            let of_topic = |one: &&ExampleCrate| (one.bridge, &one.topic) == (example.bridge, &example.topic);
            repo.crates.iter().filter(of_topic).find(|one| one.variant == variant)
        });
        let text = older.map(|older| between(repo, older, example));
        (format!("{}/{file}", example.dir), text)
    })
}

/// Every diff of the crates that has an older crate, for `bless`.
pub fn wanted<'a>(repo: &Repo, crates: impl IntoIterator<Item = &'a ExampleCrate>) -> Vec<Diff> {
    let diff = |(file, text): (String, Option<String>)| Some(Diff { file, text: text? });
    let diffs = crates.into_iter().flat_map(|example| of(repo, example).collect::<Vec<_>>());
    diffs.filter_map(diff).collect()
}

/// Diffs that are not what the crates differ in.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for example in &repo.crates {
        for (file, text) in of(repo, example) {
            let held = repo.text(&file).unwrap_or_default().replace("\r\n", "\n");
            let what = match text {
                None => "call it from-VARIANT.diff, after another variant of the topic".to_owned(),
                Some(text) if text != held => {
                    format!("not what the two crates differ in: `ci/just bless {}` rewrites it", example.topic)
                }
                Some(_) => continue,
            };
            problems.push(Problem::new(file, what));
        }
    }
    problems
}

/// What an author changed from one crate to the other: all but the lock file and what is captured.
fn between(repo: &Repo, older: &ExampleCrate, newer: &ExampleCrate) -> String {
    let names = |example: &ExampleCrate| -> Vec<String> {
        repo.below(&example.dir).map(|(file, _)| file.to_owned()).collect()
    };
    let files: BTreeSet<String> = names(older).into_iter().chain(names(newer)).collect();
    let mut text = String::new();
    for file in files.iter().filter(|file| is_written(Path::new(file))) {
        let read = |example: &ExampleCrate| {
            let text = repo.text(&format!("{}/{file}", example.dir));
            text.unwrap_or_default().replace("\r\n", "\n")
        };
        let (old, new) = (read(older), read(newer));
        let heads = [older, newer].map(|example| format!("{}/{file}", example.variant));
        let diff = TextDiff::from_lines(&old, &new);
        text.push_str(&diff.unified_diff().header(&heads[0], &heads[1]).to_string());
    }
    text
}

fn is_written(file: &Path) -> bool {
    let captured = ["console", "diff", "lock", "stderr"];
    !file.starts_with(DRIVERS) && file.extension().is_none_or(|end| !captured.iter().any(|name| end == *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_author_writes_is_compared() {
        for file in ["Cargo.toml", "src/lib.rs", "python/a/py.typed"] {
            assert!(is_written(Path::new(file)), "{file}");
        }
        for file in ["Cargo.lock", "from-0.14.diff", "run.console", "tests/blocks/a.rs"] {
            assert!(!is_written(Path::new(file)), "{file}");
        }
    }
}
