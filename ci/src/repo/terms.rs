//! `book/terms.toml`: the terms of the guide in both languages, and the phrases that it does without.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::repo::words::{Both, Words};
use crate::repo::{Pattern, Repo};

const FILE: &str = "book/terms.toml";

/// A row or line that is named by its number is another one after the next change.
static NUMBERED: Pattern = Pattern::of(r"(?i)\b(?:lines?|rows?) \d|第 ?\d+(?:[、和到至–-] ?\d+)* ?[行列]");

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    term: Vec<Term>,
    phrase: Vec<Phrase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Term {
    en: String,
    zh: String,
    meaning: Both<String>,
    /// For writers; no page shows it.
    #[serde(default, rename = "note")]
    _note: String,
    #[serde(default)]
    avoid: Vec<String>,
    #[serde(default)]
    avoid_en: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrase {
    language: String,
    avoid: Vec<String>,
    say: String,
}

impl Terms {
    /// The file names each term once, because the page of terms has a row for each.
    pub fn of(repo: &Repo) -> Result<Self> {
        let terms: Self = repo.table(FILE)?;
        let mut names = BTreeSet::new();
        for name in terms.term.iter().map(|term| term.en.to_lowercase()) {
            ensure!(names.insert(name.clone()), "{FILE}: {name} is there twice");
        }
        Ok(terms)
    }

    /// The first word of a text that is not the guide's, with what to write.
    pub fn wrong_word(&self, language: &str, text: &str) -> Option<String> {
        let lower = text.to_lowercase();
        let of_terms = self.term.iter().map(|Term { en, zh, avoid, avoid_en, .. }| match language {
            "zh" => (avoid, [en.as_str(), " is called ", zh]),
            _ => (avoid_en, ["write ", en, ""]),
        });
        let phrases = self.phrase.iter().filter(|phrase| phrase.language == language);
        let of_phrases = phrases.map(|Phrase { avoid, say, .. }| (avoid, ["say ", say, ""]));
        let avoided = of_terms.chain(of_phrases).find_map(|(avoid, rule)| {
            let wrong = avoid.iter().find(|wrong| has(&lower, &wrong.to_lowercase(), language))?;
            Some(format!("“{wrong}”: {} ({FILE})", rule.concat()))
        });
        let number = NUMBERED.find(text).map(|number| number.as_str());
        avoided.or(number.map(|number| format!("“{number}”: name the row or the line by what stands in it")))
    }

    /// The table of the page of terms, in alphabetical order of the English.
    pub fn table(&self, language: &str, said: &Words) -> String {
        let mut terms: Vec<&Term> = self.term.iter().collect();
        terms.sort_by_key(|term| term.en.to_lowercase());
        let rows = terms.into_iter().map(|Term { en, zh, meaning, .. }| {
            let [own, other] = if language == "zh" { [zh, en] } else { [en, zh] };
            format!("| {own} | {other} | {} |\n", meaning.of(language))
        });
        format!("{}\n|---|---|---|\n{}", said.text("terms.head"), rows.collect::<String>())
    }
}

/// Whether a text has a phrase. English ones stand at the edges of words; Chinese has no such edges.
fn has(text: &str, phrase: &str, language: &str) -> bool {
    let is_edge = |next: Option<char>| !next.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase).any(|(at, found)| {
        let after = &text[at + found.len()..];
        language == "zh" || is_edge(text[..at].chars().next_back()) && is_edge(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    fn terms(text: &str) -> Result<Terms> {
        Terms::of(&tree(&[(FILE, text)]))
    }

    const LOCK: &str = "[[term]]\nen = \"GIL\"\nzh = \"全局锁\"\nmeaning = { en = \"A lock.\", zh = \"一把锁。\" }\n\
                        avoid = [\"解释器锁\"]\navoid-en = [\"interpreter lock\"]\n\
                        [[phrase]]\nlanguage = \"en\"\navoid = [\"go on\"]\nsay = \"continue\"\n";

    #[test]
    fn a_word_is_wrong_in_its_language_only_and_at_its_edges_only() {
        let terms = terms(LOCK).expect("valid");
        let says = |language, text| terms.wrong_word(language, text);
        let called = "“interpreter lock”: write GIL (book/terms.toml)";
        assert_eq!(says("en", "The Interpreter lock waits.").as_deref(), Some(called));
        assert_eq!(says("zh", "The interpreter lock waits."), None);
        assert_eq!(says("zh", "等解释器锁。").as_deref(), Some("“解释器锁”: GIL is called 全局锁 (book/terms.toml)"));
        assert_eq!(says("en", "They go on.").as_deref(), Some("“go on”: say continue (book/terms.toml)"));
        assert_eq!(says("en", "Cargo once."), None);
        assert_eq!(says("en", "It let him go once."), None);
    }

    #[test]
    fn a_number_of_a_row_or_line_is_refused() {
        let terms = terms(LOCK).expect("valid");
        for numbered in ["as in line 9", "Rows 3 and 4", "（第 9 行）", "（第 1、2 行）"] {
            let said = terms.wrong_word("en", numbered).unwrap_or_default();
            assert!(said.ends_with("name the row or the line by what stands in it"), "{numbered}: {said}");
        }
        assert_eq!(terms.wrong_word("en", "100 lines, pipeline 3"), None);
    }

    #[test]
    fn a_term_stands_there_once_with_its_meaning_in_both_languages() {
        assert!(terms(&LOCK.replace(", zh = \"一把锁。\"", "")).is_err());
        let twice = terms(&(LOCK.to_owned() + &LOCK.replace("GIL", "gil"))).err().expect("refused");
        assert_eq!(twice.to_string(), "book/terms.toml: gil is there twice");
    }

    #[test]
    fn each_language_has_its_own_term_first() {
        let terms = terms(LOCK).expect("valid");
        assert!(terms.table("en", &Words::default()).ends_with("| GIL | 全局锁 | A lock. |\n"));
        assert!(terms.table("zh", &Words::default()).ends_with("| 全局锁 | GIL | 一把锁。 |\n"));
    }
}
