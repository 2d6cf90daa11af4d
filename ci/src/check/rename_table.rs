//! The table of renames of the page `appendix/pyo3-asyncio`: each name is in a crate that compiles.

use crate::repo::{Bridge, Pattern, Problem, Repo, page};

const PAGE: &str = "appendix/pyo3-asyncio.md";
static ROW: Pattern = Pattern::of(r"(?m)^\| `([^`|]+)` \| (?:`([^`|]+)`|[^`|]+) \|$");

/// A crate's bridge and topic, and all of its manifests and Rust sources.
type Text<'a> = (Bridge, &'a str, String);

/// Rows whose old name is in no crate with pyo3-asyncio, or still in the current crate of that
/// topic; and rows whose new name is not there.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let text = |example| repo.texts(example, &["rs", "toml"]).map(|(_, text)| text).collect();
    let texts: Vec<Text> =
        repo.crates.iter().map(|example| (example.bridge, example.topic.as_str(), text(example))).collect();
    let mut problems = Vec::new();
    for page in repo.pages.iter().filter(|page| page.name == PAGE) {
        for row in ROW.captures_iter(&page.text) {
            let what = problem(&texts, &row[1], row.get(2).map(|name| name.as_str()));
            let line = page::line_of(&page.text, row.get_match().start());
            problems.extend(what.map(|what| page.problem(line, what)));
        }
    }
    problems
}

fn problem(texts: &[Text], old: &str, new: Option<&str>) -> Option<String> {
    let of = |wanted: Bridge| texts.iter().filter(move |(bridge, ..)| *bridge == wanted);
    let before = of(Bridge::Pyo3Asyncio).filter(|(_, _, text)| text.contains(old));
    let topics: Vec<&str> = before.map(|(_, topic, _)| *topic).collect();
    if topics.is_empty() {
        return Some(format!("`{old}`: no crate with pyo3-asyncio has it"));
    }
    let has = |name: &str| of(Bridge::Current).any(|(_, topic, text)| topics.contains(topic) && text.contains(name));
    if has(old) {
        return Some(format!("`{old}`: the current crate of the topic has it too"));
    }
    new.filter(|new| !has(new)).map(|new| format!("`{new}`: no current crate of the topic has it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> [Text<'static>; 2] {
        [(Bridge::Pyo3Asyncio, "old();"), (Bridge::Current, "new();")]
            .map(|(bridge, text)| (bridge, "rust-app", text.to_owned()))
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
