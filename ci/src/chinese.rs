//! The rules of the Chinese edition that a program can check: words, punctuation, spacing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Tag, TagEnd};
use regex::Regex;

use crate::page::{self, Page, line_of};
use crate::project;

static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"您", "write 你, not 您"),
        (
            r"\p{Han}[,.;:!?()]|[,;:!?()]\p{Han}",
            "half-width punctuation beside Chinese: use the full-width form",
        ),
        (
            r"\p{Han}[A-Za-z0-9`]|[A-Za-z0-9`]\p{Han}",
            "put a space between Chinese and Latin letters, digits or code",
        ),
        (r"\p{Han} +\p{Han}", "no space between Chinese characters"),
        (
            r" [，。；：！？、（）]|[，。；：！？、（] ",
            "no space beside full-width punctuation",
        ),
    ]
    .map(|(pattern, why)| (Regex::new(pattern).expect("valid"), why))
    .into()
});
static HAN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\p{Han}").expect("valid"));
static ENGLISH_WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[a-z]{2,}\b").expect("valid"));
/// What the preprocessor replaces.
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{[^}]*\}\}").expect("valid"));

/// Broken rules of all Chinese pages, a line each.
pub fn problems(root: &Path, pages: &[Page]) -> Result<Vec<String>> {
    let terms = Terms::load(root)?;
    let mut problems = Vec::new();
    for page in pages.iter().filter(|page| page.language == "zh") {
        for (line, text) in passages(&page.text) {
            let at = page.at(line);
            problems.extend(broken_rules(&text).map(|why| format!("{at}: {why}")));
            problems.extend(terms.wrong_word(&text).map(|why| format!("{at}: {why}")));
            problems.extend(untranslated(&text).map(|why| format!("{at}: {why}")));
        }
        problems.extend(wrapped(page));
    }
    Ok(problems)
}

/// The term table: what each English term is called, and what it must not be called.
struct Terms(Vec<(String, String, Vec<String>)>);

impl Terms {
    fn load(root: &Path) -> Result<Self> {
        let table: BTreeMap<String, Vec<BTreeMap<String, toml::Value>>> =
            toml::from_str(&project::read(&root.join("book/terms.toml"))?)
                .context("book/terms.toml is malformed")?;
        let text = |entry: &BTreeMap<String, toml::Value>, key: &str| {
            entry
                .get(key)
                .and_then(toml::Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let entries = table.into_values().flatten().map(|entry| {
            let avoid = entry
                .get("avoid")
                .and_then(toml::Value::as_array)
                .into_iter()
                .flatten();
            let avoid = avoid
                .filter_map(toml::Value::as_str)
                .map(str::to_owned)
                .collect();
            (text(&entry, "en"), text(&entry, "zh"), avoid)
        });
        Ok(Self(entries.collect()))
    }

    fn wrong_word(&self, text: &str) -> Option<String> {
        self.0.iter().find_map(|(english, chinese, avoid)| {
            let wrong = avoid.iter().find(|wrong| text.contains(wrong.as_str()))?;
            Some(format!(
                "“{wrong}”: {english} is called {chinese} (book/terms.toml)"
            ))
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
            Event::Code(inline) => passage.push_str(&format!(
                "`{}`",
                inline.replace(|c: char| !c.is_ascii(), "")
            )),
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
    matches!(
        end,
        TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell
    )
}

fn broken_rules(text: &str) -> impl Iterator<Item = String> {
    RULES.iter().filter_map(move |(rule, why)| {
        rule.find(text)
            .map(|found| format!("“{}”: {why}", found.as_str()))
    })
}

/// A passage without a Chinese character but with a sentence's worth of English words.
fn untranslated(text: &str) -> Option<String> {
    let text_alone = without_code(text);
    let words = ENGLISH_WORD
        .find_iter(&PLACEHOLDER.replace_all(&text_alone, ""))
        .count();
    (!HAN.is_match(text) && words >= 4).then(|| format!("“{text}” is still English"))
}

fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// A soft line break shows as a space between Chinese characters: one line per paragraph.
fn wrapped(page: &Page) -> Vec<String> {
    let mut problems = Vec::new();
    for (event, range) in page::parse(&page.text) {
        if matches!(event, Event::SoftBreak) {
            let line = line_of(&page.text, range.start);
            problems.push(format!(
                "{}: this paragraph is wrapped: write it in one line",
                page.at(line)
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> bool {
        passages(text)
            .iter()
            .any(|(_, text)| broken_rules(text).next().is_some())
    }

    #[test]
    fn good_chinese_passes() {
        assert!(!broken(
            "你可以在 Rust 里 `await` 一个 future，再返回 3 个值（见下文）。\n"
        ));
        assert!(!broken("**运行时**负责调度；`tokio` 是其一。\n"));
    }

    #[test]
    fn each_rule_is_broken_by_its_example() {
        for wrong in [
            "您好。",
            "线程,任务",
            "在Rust里",
            "用`tokio`跑",
            "事件 循环",
            "结束。 然后",
        ] {
            assert!(broken(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_english_sentence_is_found_and_a_name_is_not() {
        assert!(untranslated("This sentence is still in English.").is_some());
        assert!(untranslated("pyo3-asyncio {{version:pyo3-asyncio/pyo3-asyncio}}").is_none());
        assert_eq!(untranslated("pyo3-async-runtimes"), None);
        assert_eq!(
            untranslated("`cargo run --quiet --release --bin app`"),
            None
        );
    }
}
