//! The table of renames of the page `appendix/pyo3-asyncio`: each name is in a crate that compiles.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;
use walkdir::WalkDir;

use crate::page::{Page, line_of};
use crate::project::{self, ExampleCrate};
use crate::track::Track;

const PAGE: &str = "appendix/pyo3-asyncio.md";
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\| `([^`|]+)` \| (?:`([^`|]+)`|[^`|]+) \|$").expect("valid")
});

/// A crate's topic and track, and all of its manifests and Rust sources.
struct Text {
    track: Track,
    topic: String,
    text: String,
}

/// Rows whose old name is in no crate with pyo3-asyncio, or still in the current crate of that
/// topic; and rows whose new name is not there. A line each.
pub fn problems(root: &Path, pages: &[Page]) -> Result<Vec<String>> {
    let texts: Vec<Text> = project::crates(root)?
        .iter()
        .map(text_of)
        .collect::<Result<_>>()?;
    Ok(pages
        .iter()
        .filter(|page| page.name == PAGE)
        .flat_map(|page| {
            ROW.captures_iter(&page.text).filter_map(|row| {
                let why = problem(&texts, &row[1], row.get(2).map(|name| name.as_str()))?;
                let start = row.get(0).map_or(0, |row| row.start());
                Some(format!("{}: {why}", page.at(line_of(&page.text, start))))
            })
        })
        .collect())
}

fn problem(texts: &[Text], old: &str, new: Option<&str>) -> Option<String> {
    let topics: Vec<&str> = texts
        .iter()
        .filter(|text| text.track == Track::Pyo3Asyncio && text.text.contains(old))
        .map(|text| text.topic.as_str())
        .collect();
    if topics.is_empty() {
        return Some(format!("`{old}`: no crate with pyo3-asyncio has it"));
    }
    let mut current = texts
        .iter()
        .filter(|text| text.track == Track::Current && topics.contains(&text.topic.as_str()));
    if current.clone().any(|text| text.text.contains(old)) {
        return Some(format!(
            "`{old}`: the current crate of the topic has it too"
        ));
    }
    let new = new?;
    (!current.any(|text| text.text.contains(new)))
        .then(|| format!("`{new}`: no current crate of the topic has it"))
}

fn text_of(example: &ExampleCrate) -> Result<Text> {
    let mut text = String::new();
    for entry in WalkDir::new(&example.folder).sort_by_file_name() {
        let entry = entry?;
        let wanted = ["rs", "toml"];
        let extension = entry.path().extension().and_then(|name| name.to_str());
        if extension.is_some_and(|name| wanted.contains(&name)) {
            text.push_str(&project::read(entry.path())?);
        }
    }
    Ok(Text {
        track: example.track,
        topic: example.topic.clone(),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> [Text; 2] {
        [(Track::Pyo3Asyncio, "old();"), (Track::Current, "new();")].map(|(track, text)| Text {
            track,
            topic: "rust-app".to_owned(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn a_name_that_no_crate_has_is_found() {
        assert_eq!(problem(&texts(), "old", Some("new")), None);
        assert!(problem(&texts(), "older", Some("new")).is_some());
        assert!(problem(&texts(), "old", Some("newer")).is_some());
    }

    #[test]
    fn a_row_may_have_no_new_name() {
        let row = ROW.captures("| `old` | nothing: it goes |").expect("a row");
        assert_eq!((&row[1], row.get(2)), ("old", None));
    }
}
