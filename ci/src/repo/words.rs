//! `book/words.toml`: what the guide's own programs say on the site, in each language.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::repo::{Pattern, Repo};

const FILE: &str = "book/words.toml";

static PLACE: Pattern = Pattern::of(r"\{[\w-]+\}");

/// What must be there in both languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Both<T> {
    en: T,
    zh: T,
}

impl<T> Both<T> {
    pub fn of(&self, language: &str) -> &T {
        if language == "zh" { &self.zh } else { &self.en }
    }
}

/// The texts of one language, by `TABLE.NAME`.
#[derive(Clone, Default)]
pub struct Words(BTreeMap<String, String>);

impl Words {
    /// A text must have places for the same values in both languages.
    pub fn of(repo: &Repo, language: &str) -> Result<Self> {
        let tables: BTreeMap<String, BTreeMap<String, Both<String>>> = repo.table(FILE)?;
        let mut words = BTreeMap::new();
        for (table, texts) in tables {
            for (name, text) in texts {
                let places = |text| PLACE.find_iter(text).map(|found| found.as_str()).collect::<BTreeSet<_>>();
                let same = places(&text.en) == places(&text.zh);
                ensure!(same, "{FILE}: {table}.{name} does not say the same values in both languages");
                words.insert(format!("{table}.{name}"), text.of(language).clone());
            }
        }
        Ok(Self(words))
    }

    /// A text without anything to put in. One that is missing says so where it would stand.
    pub fn text(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_else(|| format!("{{{FILE}: {name} is missing}}"))
    }

    /// A text in which each `{name}` waits for its value.
    pub fn say(&self, name: &str) -> Said {
        Said(self.text(name))
    }

    /// So many of a kind: `counted.KIND-one` for one, `counted.KIND` for others.
    pub fn counted(&self, kind: &str, count: usize) -> String {
        let one = if count == 1 { "-one" } else { "" };
        self.say(&format!("counted.{kind}{one}")).put("count", count).done()
    }
}

pub struct Said(String);

impl Said {
    /// Puts a value in the place of `{name}`.
    pub fn put(self, name: &str, value: impl Display) -> Self {
        Self(self.0.replace(&format!("{{{name}}}"), &value.to_string()))
    }

    pub fn done(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn values_stand_where_the_language_wants_them() {
        let text = "[counted]\ntests-one = { en = \"{count} test\", zh = \"{count} 个\" }\n\
                    tests = { en = \"{count} tests\", zh = \"{count} 个\" }\n\
                    [a]\nof = { en = \"{b} of {c}\", zh = \"{c} 的 {b}\" }\n";
        let repo = tree(&[(FILE, text)]);
        let [english, chinese] = ["en", "zh"].map(|language| Words::of(&repo, language).expect("words"));
        assert_eq!(english.say("a.of").put("b", 1).put("c", "x").done(), "1 of x");
        assert_eq!(chinese.say("a.of").put("b", 1).put("c", "x").done(), "x 的 1");
        assert_eq!([1, 2].map(|count| english.counted("tests", count)), ["1 test", "2 tests"]);
        assert_eq!(english.text("a.b"), "{book/words.toml: a.b is missing}");
    }

    #[test]
    fn a_text_in_one_language_only_is_refused() {
        let repo = tree(&[(FILE, "[a]\nof = { en = \"b\" }\n")]);
        assert!(Words::of(&repo, "zh").is_err());
    }

    #[test]
    fn a_value_that_one_language_leaves_out_is_refused() {
        let repo = tree(&[(FILE, "[a]\nof = { en = \"{b} of {c}\", zh = \"{b}\" }\n")]);
        let error = Words::of(&repo, "en").err().expect("refused");
        assert_eq!(error.to_string(), "book/words.toml: a.of does not say the same values in both languages");
    }
}
