//! "Tested by" at the end of a page: every test it names is one of the crates that the page shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Tag};
use regex::Regex;
use walkdir::WalkDir;

use crate::page::{self, Page, line_of};
use crate::project::{self, ExampleCrate};
use crate::track::in_example;

/// The id of the section, in both languages.
const SECTION: &str = "tested-by";
/// A test is named by a sentence: three words at least.
static TEST_NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[a-z0-9]+(?:_[a-z0-9]+){2,}$").expect("valid"));
static FUNCTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:def|fn) (\w+)\s*[(<]").expect("valid"));

/// Names that stand for no test of the page's crates, a line each.
pub fn problems(root: &Path, pages: &[Page], crates: &[ExampleCrate]) -> Result<Vec<String>> {
    let functions = functions(crates)?;
    let mut problems = Vec::new();
    for page in pages {
        let shown = crates_of(root, page, crates);
        for (line, name) in named(page) {
            if !shown.iter().any(|one| functions[one].contains(&name)) {
                problems.push(format!(
                    "{}: no crate that this page shows has a test `{name}`",
                    page.at(line)
                ));
            }
        }
    }
    Ok(problems)
}

/// Named tests that `crates`, which were verified, have but did not run. `ran` holds the tests that
/// were seen to run, by crate. A test of a crate that does not build for the Python in use may be missing.
pub fn not_run(
    root: &Path,
    pages: &[Page],
    crates: &[ExampleCrate],
    ran: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<String>> {
    let functions = functions(crates)?;
    let has = |tests: &BTreeMap<String, BTreeSet<String>>, example: &String, name: &String| {
        tests.get(example).is_some_and(|tests| tests.contains(name))
    };
    let mut problems = Vec::new();
    for page in pages {
        let shown = crates_of(root, page, crates);
        for (line, name) in named(page) {
            let owners: Vec<_> = shown
                .iter()
                .filter(|one| has(&functions, one, &name))
                .collect();
            if !owners.is_empty() && !owners.iter().any(|one| has(ran, one, &name)) {
                problems.push(format!("{}: `{name}` did not run", page.at(line)));
            }
        }
    }
    Ok(problems)
}

/// The crates of every topic that a page shows a file of, by their names.
pub fn crates_of(root: &Path, page: &Page, crates: &[ExampleCrate]) -> Vec<String> {
    let topics: BTreeSet<_> = page
        .fences
        .iter()
        .filter_map(|fence| fence.include.as_ref())
        .filter_map(|include| in_example(&include.file))
        .map(|file| root.join(file.track.examples()).join(file.topic))
        .collect();
    crates
        .iter()
        .filter(|example| topics.iter().any(|topic| example.folder.starts_with(topic)))
        .map(ExampleCrate::name)
        .collect()
}

/// Line and name of each test that the section names.
fn named(page: &Page) -> Vec<(usize, String)> {
    let mut inside = false;
    let mut names = Vec::new();
    for (event, range) in page::parse(&page.text) {
        match event {
            Event::Start(Tag::Heading { id, .. }) => inside = id.as_deref() == Some(SECTION),
            Event::Code(name) if inside && TEST_NAME.is_match(&name) => {
                names.push((line_of(&page.text, range.start), name.to_string()));
            }
            _ => {}
        }
    }
    names
}

/// The functions of each crate, tests among them.
fn functions(crates: &[ExampleCrate]) -> Result<BTreeMap<String, BTreeSet<String>>> {
    crates
        .iter()
        .map(|example| Ok((example.name(), functions_of(&example.folder)?)))
        .collect()
}

fn functions_of(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let end = entry.path().extension().and_then(|end| end.to_str());
        if matches!(end, Some("rs" | "py")) {
            let text = project::read(entry.path())?;
            names.extend(
                FUNCTION
                    .captures_iter(&text)
                    .map(|found| found[1].to_owned()),
            );
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_in_the_section_are_taken_for_tests() {
        let text = "# T {#t}\n\n`not_a_test_here`\n\n## Tested by {#tested-by}\n\n- `the_sun_rises`, `cargo test`\n";
        let page = Page {
            language: "en".to_owned(),
            name: "a.md".to_owned(),
            text: text.to_owned(),
            fences: Vec::new(),
        };
        assert_eq!(named(&page), [(7, "the_sun_rises".to_owned())]);
    }
}
