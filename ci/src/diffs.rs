//! The diffs that pages show (`from-VARIANT.diff`): made from the two crates, compared by the checks.

use std::path::{Path, PathBuf};

use anyhow::Result;
use similar::TextDiff;

use crate::project::{self, ExampleCrate};
use crate::workshop;

/// A diff file beside a crate's manifest, and what it has to hold.
pub struct Diff {
    pub path: PathBuf,
    pub text: String,
}

/// The diffs of these crates. One from a variant that is not there is an error of its line alone.
fn of(example: &ExampleCrate) -> Result<Vec<(PathBuf, Option<String>)>> {
    let mut diffs = Vec::new();
    for path in example.files_with_extension("diff")? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let older = name
            .strip_prefix("from-")
            .map(|variant| (example.folder.with_file_name(variant), variant))
            .filter(|(folder, _)| folder.join("Cargo.toml").is_file());
        let text = match older {
            Some((folder, variant)) => Some(between(
                (&folder, variant),
                (&example.folder, &example.variant),
            )?),
            None => None,
        };
        diffs.push((path, text));
    }
    Ok(diffs)
}

/// Every diff of the crates that has an older crate, for `bless`.
pub fn wanted(crates: &[ExampleCrate]) -> Result<Vec<Diff>> {
    let mut wanted = Vec::new();
    for example in crates {
        for (path, text) in of(example)? {
            wanted.extend(text.map(|text| Diff { path, text }));
        }
    }
    Ok(wanted)
}

/// Diffs that are not what the crates differ in, a line each.
pub fn problems(root: &Path, crates: &[ExampleCrate]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for example in crates {
        for (path, text) in of(example)? {
            let name = project::slashed(path.strip_prefix(root)?);
            let held = project::read(&path)?.replace("\r\n", "\n");
            match text {
                None => problems.push(format!(
                    "{name}: call it from-VARIANT.diff, after another variant of the topic"
                )),
                Some(text) if text != held => problems.push(format!(
                    "{name}: not what the two crates differ in: `ci/just bless {}` rewrites it",
                    example.topic
                )),
                Some(_) => {}
            }
        }
    }
    Ok(problems)
}

/// What an author changed from one crate to the other: all but the lock file and what is captured.
fn between(older: (&Path, &str), newer: (&Path, &str)) -> Result<String> {
    let mut files = workshop::sources(older.0)?;
    files.extend(workshop::sources(newer.0)?);
    let mut text = String::new();
    for file in files.iter().filter(|file| is_written(file)) {
        let read = |folder: &Path| {
            std::fs::read_to_string(folder.join(file))
                .unwrap_or_default()
                .replace("\r\n", "\n")
        };
        let inside = project::slashed(file);
        let (old, new) = (
            format!("{}/{inside}", older.1),
            format!("{}/{inside}", newer.1),
        );
        text.push_str(
            &TextDiff::from_lines(read(older.0), read(newer.0))
                .unified_diff()
                .header(&old, &new)
                .to_string(),
        );
    }
    Ok(text)
}

fn is_written(file: &Path) -> bool {
    let captured = ["console", "diff", "lock", "stderr"];
    file.extension()
        .is_none_or(|end| !captured.iter().any(|name| end == *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_author_writes_is_compared() {
        for file in ["Cargo.toml", "src/lib.rs", "python/a/py.typed"] {
            assert!(is_written(Path::new(file)), "{file}");
        }
        for file in ["Cargo.lock", "from-0.14.diff", "run.console"] {
            assert!(!is_written(Path::new(file)), "{file}");
        }
    }
}
