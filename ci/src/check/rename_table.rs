//! The table of renames of the page `appendix/pyo3-asyncio`: each name is in a crate that compiles.

use std::sync::LazyLock;

use regex::Regex;

use crate::repo::Repo;
use crate::repo::bridge::Bridge;
use crate::repo::example::ExampleCrate;
use crate::repo::page::line_of;
use crate::repo::problem::Problem;

const PAGE: &str = "appendix/pyo3-asyncio.md";
static ROW: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\| `([^`|]+)` \| (?:`([^`|]+)`|[^`|]+) \|$").expect("valid"));

/// A crate's topic and bridge, and all of its manifests and Rust sources.
struct Text {
    bridge: Bridge,
    topic: String,
    text: String,
}

/// Rows whose old name is in no crate with pyo3-asyncio, or still in the current crate of that
/// topic; and rows whose new name is not there.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let texts: Vec<Text> = repo.crates.iter().map(|example| text_of(repo, example)).collect();
    let of_page = repo.pages.iter().filter(|page| page.name == PAGE);
    of_page
        .flat_map(|page| {
            ROW.captures_iter(&page.text).filter_map(|row| {
                let what = problem(&texts, &row[1], row.get(2).map(|name| name.as_str()))?;
                let start = row.get(0).map_or(0, |row| row.start());
                Some(page.problem(line_of(&page.text, start), what))
            })
        })
        .collect()
}

fn problem(texts: &[Text], old: &str, new: Option<&str>) -> Option<String> {
    let topics: Vec<&str> = texts
        .iter()
        .filter(|text| text.bridge == Bridge::Pyo3Asyncio && text.text.contains(old))
        .map(|text| text.topic.as_str())
        .collect();
    if topics.is_empty() {
        return Some(format!("`{old}`: no crate with pyo3-asyncio has it"));
    }
    let mut current =
        texts.iter().filter(|text| text.bridge == Bridge::Current && topics.contains(&text.topic.as_str()));
    if current.clone().any(|text| text.text.contains(old)) {
        return Some(format!("`{old}`: the current crate of the topic has it too"));
    }
    let new = new?;
    (!current.any(|text| text.text.contains(new))).then(|| format!("`{new}`: no current crate of the topic has it"))
}

fn text_of(repo: &Repo, example: &ExampleCrate) -> Text {
    Text {
        bridge: example.bridge,
        topic: example.topic.clone(),
        text: repo.texts(example, &["rs", "toml"]).map(|(_, text)| text).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> [Text; 2] {
        [(Bridge::Pyo3Asyncio, "old();"), (Bridge::Current, "new();")].map(|(bridge, text)| Text {
            bridge,
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
