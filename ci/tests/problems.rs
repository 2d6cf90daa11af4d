//! The checks find each problem in a small guide, and none in it as it is.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use guide_ci::check::CHECKS;
use guide_ci::faults::edit::Edit;
use guide_ci::repo::{Repo, files};
use serde::Deserialize;

/// An edit of the small guide, with what a check must say then.
#[derive(Deserialize)]
struct Wrong {
    name: String,
    says: String,
    #[serde(default)]
    also: Vec<Edit>,
    #[serde(flatten)]
    edit: Edit,
}

type Files = BTreeMap<String, Vec<u8>>;

fn apply(edit: &Edit, files: &mut Files) -> Result<()> {
    let old = files.get(&edit.file).map(|text| String::from_utf8(text.clone()));
    let old = old.transpose().context("no text")?;
    match edit.text(old.as_deref())? {
        Some(text) => files.insert(edit.file.clone(), text.into_bytes()),
        None => files.remove(&edit.file),
    };
    Ok(())
}

fn small_guide() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini");
    let places = ["book", "book.toml", "Cargo.lock", "ci", "examples"];
    files::read_all(&root, places).expect("the small guide")
}

/// All that the checks say of these files, a line each.
fn said(files: Files) -> Result<String> {
    let repo = Repo::of(Path::new("/small-guide"), files)?;
    let mut lines = String::new();
    for (_, find) in CHECKS {
        for problem in find(&repo)? {
            lines.push_str(&format!("{problem}\n"));
        }
    }
    Ok(lines)
}

/// Nothing, or why the problem was not found.
fn missed(wrong: &Wrong) -> Result<Option<String>> {
    let mut files = small_guide();
    for edit in std::iter::once(&wrong.edit).chain(&wrong.also) {
        apply(edit, &mut files)?;
    }
    let said = said(files)?;
    let found = said.lines().any(|line| line.contains(&wrong.says));
    Ok((!found).then(|| format!("no line with “{}” in:\n{said}", wrong.says)))
}

#[test]
fn the_small_guide_is_in_order() {
    assert_eq!(said(small_guide()).expect("its tables"), "");
}

#[test]
fn each_problem_is_found() {
    let table = include_str!("problems.toml");
    let table: BTreeMap<String, Vec<Wrong>> = toml::from_str(table).expect("a table of problems");
    let mut failed = Vec::new();
    for (kind, problems) in &table {
        for wrong in problems {
            match missed(wrong) {
                Ok(None) => {}
                Ok(Some(why)) => failed.push(format!("{kind}: {}: {why}", wrong.name)),
                Err(error) => failed.push(format!("{kind}: {}: {error:#}", wrong.name)),
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
