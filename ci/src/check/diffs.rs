//! The diffs that pages show (`from-VARIANT.diff`): made from the two crates, compared by the checks.

use std::collections::BTreeSet;
use std::path::Path;

use similar::TextDiff;

use crate::repo::{ExampleCrate, Problem, Repo};

/// The diff files of a crate, from the root, and what each has to hold: nothing, if that variant is not there.
pub fn of(repo: &Repo, example: &ExampleCrate) -> Vec<(String, Option<String>)> {
    let files = repo.texts(example, &["diff"]).filter(|(file, _)| !file.contains('/'));
    let diff = |(file, _): (&str, &str)| {
        let variant = file.strip_prefix("from-").and_then(|name| name.strip_suffix(".diff"));
        let older = repo.variants(example).find(|one| Some(one.variant.as_str()) == variant);
        (example.file(file), older.map(|older| between(repo, older, example)))
    };
    files.map(diff).collect()
}

pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for example in &repo.crates {
        for (file, text) in of(repo, example) {
            let what = match text {
                None => "call it from-VARIANT.diff, after another variant of the topic".to_owned(),
                Some(text) if text != read(repo, &file) => {
                    format!("not what the two crates differ in: `ci/just bless {}` rewrites it", example.topic)
                }
                Some(_) => continue,
            };
            problems.push(Problem::new(file, what));
        }
    }
    problems
}

fn read(repo: &Repo, file: &str) -> String {
    repo.text(file).unwrap_or_default().replace("\r\n", "\n")
}

/// What an author changed from one crate to the other: all but the lock file and what is captured.
fn between(repo: &Repo, older: &ExampleCrate, newer: &ExampleCrate) -> String {
    let crates = [older, newer];
    let files: BTreeSet<&str> =
        crates.into_iter().flat_map(|example| repo.files_of(example)).map(|(file, _)| file).collect();
    let mut text = String::new();
    for file in files.into_iter().filter(|file| is_written(file)) {
        let [old, new] = crates.map(|example| read(repo, &example.file(file)));
        let [old_head, new_head] = crates.map(|example| format!("{}/{file}", example.variant));
        let diff = TextDiff::from_lines(&old, &new);
        text.push_str(&diff.unified_diff().header(&old_head, &new_head).to_string());
    }
    text
}

fn is_written(file: &str) -> bool {
    let captured = ["console", "diff", "lock", "stderr"];
    Path::new(file).extension().is_none_or(|end| !captured.iter().any(|name| end == *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_author_writes_is_compared() {
        for file in ["Cargo.toml", "src/lib.rs", "python/a/py.typed"] {
            assert!(is_written(file), "{file}");
        }
        for file in ["Cargo.lock", "from-0.14.diff", "run.console"] {
            assert!(!is_written(file), "{file}");
        }
    }
}
