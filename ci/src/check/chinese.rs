//! The rules of the Chinese edition that a program can check: words, punctuation, spacing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::Result;
use pulldown_cmark::{Event, Tag, TagEnd};
use regex::Regex;
use serde::Deserialize;

use crate::check::stamps;
use crate::repo::Repo;
use crate::repo::page::{self, Page, line_of};
use crate::repo::problem::Problem;

static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"您", "write 你, not 您"),
        (r"\p{Han}[,.;:!?()]|[,;:!?()]\p{Han}", "half-width punctuation beside Chinese: use the full-width form"),
        (r"\p{Han}[A-Za-z0-9`]|[A-Za-z0-9`]\p{Han}", "put a space between Chinese and Latin letters, digits or code"),
        (r"\p{Han} +\p{Han}", "no space between Chinese characters"),
        (r"\*\*", "these ** do not close before a letter, and the page shows them: put the full stop behind them"),
        (r" [，。；：！？、（）]|[，。；：！？、（] ", "no space beside full-width punctuation"),
    ]
    .map(|(pattern, why)| (Regex::new(pattern).expect("valid"), why))
    .into()
});
static HAN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\p{Han}").expect("valid"));
static ENGLISH_WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[a-z]{2,}\b").expect("valid"));
/// What the preprocessor replaces.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{[^}]*\}\}").expect("valid"));

/// Broken rules of all Chinese pages.
pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let terms = Terms::of(repo)?;
    let mut problems = Vec::new();
    for page in repo.pages_in("zh") {
        let mut of_page = wrapped(page);
        for (line, text) in passages(&page.text) {
            let found = broken_rules(&text).chain(terms.wrong_word(&text)).chain(untranslated(&text));
            of_page.extend(found.map(|what| page.problem(line, what)));
        }
        // What nobody has written in Chinese yet keeps no rule of Chinese.
        let waiting = stamps::waiting(page);
        of_page.retain(|one| !waiting.iter().any(|lines| one.line.is_some_and(|line| lines.contains(&line))));
        problems.extend(of_page);
    }
    Ok(problems)
}

/// The term table: what each English term is called, and what it must not be called.
struct Terms(Vec<Term>);

#[derive(Deserialize)]
struct Term {
    en: String,
    zh: String,
    #[serde(default)]
    avoid: Vec<String>,
}

impl Terms {
    fn of(repo: &Repo) -> Result<Self> {
        let table: BTreeMap<String, Vec<Term>> = repo.table("book/terms.toml")?;
        Ok(Self(table.into_values().flatten().collect()))
    }

    fn wrong_word(&self, text: &str) -> Option<String> {
        self.0.iter().find_map(|term| {
            let wrong = term.avoid.iter().find(|wrong| text.contains(wrong.as_str()))?;
            Some(format!("“{wrong}”: {} is called {} (book/terms.toml)", term.en, term.zh))
        })
    }
}

/// The running text of a page by paragraph, heading, cell or item; code in it stands between backticks.
fn passages(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut passage = String::new();
    let mut line = 1;
    let mut code = false;
    for (event, range) in page::parse(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Text(_) if code => {}
            Event::Text(part) => {
                if passage.is_empty() {
                    line = line_of(text, range.start);
                }
                passage.push_str(&part);
            }
            Event::Code(inline) => passage.push_str(&format!("`{}`", inline.replace(|c: char| !c.is_ascii(), ""))),
            Event::SoftBreak | Event::HardBreak => passage.push(' '),
            Event::End(end) if ends_a_passage(&end) && !passage.is_empty() => {
                found.push((line, std::mem::take(&mut passage)));
            }
            _ => {}
        }
    }
    if !passage.is_empty() {
        found.push((line, passage));
    }
    found
}

fn ends_a_passage(end: &TagEnd) -> bool {
    matches!(end, TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell)
}

fn broken_rules(text: &str) -> impl Iterator<Item = String> {
    RULES.iter().filter_map(move |(rule, why)| rule.find(text).map(|found| format!("“{}”: {why}", found.as_str())))
}

/// A passage without a Chinese character but with a sentence's worth of English words.
fn untranslated(text: &str) -> Option<String> {
    let text_alone = without_code(text);
    let words = ENGLISH_WORD.find_iter(&PLACEHOLDER.replace_all(&text_alone, "")).count();
    (!HAN.is_match(text) && words >= 4).then(|| format!("“{text}” is still English"))
}

fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// A soft line break shows as a space between Chinese characters: one line per paragraph.
fn wrapped(page: &Page) -> Vec<Problem> {
    let breaks = page::parse(&page.text).filter(|(event, _)| matches!(event, Event::SoftBreak));
    breaks
        .map(|(_, range)| {
            let line = line_of(&page.text, range.start);
            page.problem(line, "this paragraph is wrapped: write it in one line")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> bool {
        passages(text).iter().any(|(_, text)| broken_rules(text).next().is_some())
    }

    #[test]
    fn good_chinese_passes() {
        assert!(!broken("你可以在 Rust 里 `await` 一个 future，再返回 3 个值（见下文）。\n"));
        assert!(!broken("**运行时**负责调度；`tokio` 是其一。\n"));
    }

    #[test]
    fn each_rule_is_broken_by_its_example() {
        for wrong in ["您好。", "线程,任务", "在Rust里", "用`tokio`跑", "事件 循环", "结束。 然后"]
        {
            assert!(broken(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_english_sentence_is_found_and_a_name_is_not() {
        assert!(untranslated("This sentence is still in English.").is_some());
        assert!(untranslated("pyo3-asyncio {{version:pyo3-asyncio/pyo3-asyncio}}").is_none());
        assert_eq!(untranslated("pyo3-async-runtimes"), None);
        assert_eq!(untranslated("`cargo run --quiet --release --bin app`"), None);
    }
}
