//! `book/synonyms.toml`: the words that the search takes for the same, and those that it leaves out of a question.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::repo::{Repo, files, page::LANGUAGES, words::Both};

const FILE: &str = "book/synonyms.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Synonyms {
    groups: Vec<Vec<String>>,
    /// The words to leave out, with white space between them.
    stops: Both<String>,
}

/// Writes `synonyms.json`, which book/theme/search.js fetches.
pub fn write(repo: &Repo, site: &Path) -> Result<()> {
    let json = json(&repo.table(FILE)?).context(FILE)?;
    files::write_if_changed(&site.join("synonyms.json"), json.as_bytes())
}

/// All in lower case, as queries are compared.
fn json(synonyms: &Synonyms) -> Result<String> {
    let lower = |group: &Vec<String>| group.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
    let groups: Vec<Vec<String>> = synonyms.groups.iter().map(lower).collect();
    let mut seen = BTreeSet::new();
    for group in &groups {
        ensure!(group.len() > 1, "{group:?} has no second word");
        for word in group {
            ensure!(seen.insert(word), "{word:?} stands in two groups, or twice in one");
        }
    }
    let stops = LANGUAGES.iter().flat_map(|language| synonyms.stops.of(language).split_whitespace());
    let stops: BTreeSet<&str> = stops.collect();
    Ok(json!({ "groups": groups, "stops": stops }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    fn written(groups: &str) -> Result<String> {
        let text = format!("groups = {groups}\n[stops]\nen = \"the a\"\nzh = \"的 a\"\n");
        let repo = tree(&[(FILE, &text)]);
        let site = tempfile::tempdir().expect("a folder");
        write(&repo, site.path())?;
        files::read(&site.path().join("synonyms.json"))
    }

    #[test]
    fn a_browser_gets_all_words_in_lower_case() {
        let json = written("[[\"GIL\", \"解释器锁\"]]").expect("two words");
        assert_eq!(json, "{\"groups\":[[\"gil\",\"解释器锁\"]],\"stops\":[\"a\",\"the\",\"的\"]}");
    }

    #[test]
    fn a_word_of_two_groups_or_a_group_of_one_is_refused() {
        for (groups, said) in [("[[\"a\", \"b\"], [\"c\", \"A\"]]", "stands in two"), ("[[\"a\"]]", "no second")] {
            let error = written(groups).expect_err(groups);
            assert!(format!("{error:#}").starts_with(FILE) && format!("{error:#}").contains(said), "{error:#}");
        }
    }
}
