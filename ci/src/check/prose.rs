//! The rules of running text that a program can check: words and phrases, and for Chinese punctuation and spacing.

use std::sync::LazyLock;

use anyhow::Result;
use pulldown_cmark::Event;
use regex::Regex;

use crate::check::stamps;
use crate::repo::passages::{Passage, passages};
use crate::repo::{HAN, Pattern, Problem, Repo, terms::Terms};

static RULES: LazyLock<[(Regex, &str); 6]> = LazyLock::new(|| {
    [
        (r"您", "write 你, not 您"),
        (r"\p{Han}[,.;:!?()]|[,;:!?()]\p{Han}", "half-width punctuation beside Chinese: use the full-width form"),
        (r"\p{Han}[A-Za-z0-9`]|[A-Za-z0-9`]\p{Han}", "put a space between Chinese and Latin letters, digits or code"),
        (r"\p{Han} +\p{Han}", "no space between Chinese characters"),
        (r"\*\*", "these ** do not close before a letter, and the page shows them: put the full stop behind them"),
        (r" [，。；：！？、（）]|[，。；：！？、（] ", "no space beside full-width punctuation"),
    ]
    .map(|(pattern, why)| (Regex::new(pattern).expect("valid"), why))
});
static ENGLISH_WORD: Pattern = Pattern::of(r"\b[a-z]{2,}\b");
/// What the preprocessor replaces.
static PLACEHOLDER: Pattern = Pattern::of(r"\{\{[^}]*\}\}");

/// Words and phrases of English pages that `book/terms.toml` avoids.
pub fn english(repo: &Repo) -> Result<Vec<Problem>> {
    let terms = Terms::of(repo)?;
    let mut problems = Vec::new();
    for page in repo.pages_in("en") {
        for passage in passages(&page.text) {
            let wrong = terms.wrong_word("en", &passage.without_code());
            problems.extend(wrong.map(|what| page.problem(passage.line, what)));
        }
    }
    Ok(problems)
}

pub fn chinese(repo: &Repo) -> Result<Vec<Problem>> {
    let terms = Terms::of(repo)?;
    let mut problems = Vec::new();
    for page in repo.pages_in("zh") {
        // A soft line break shows as a space between Chinese characters: one line per paragraph.
        let breaks = page.events().filter(|(event, _)| matches!(event, Event::SoftBreak));
        let wrapped = "this paragraph is wrapped: write it in one line";
        let mut found: Vec<_> = breaks.map(|(_, line)| (line, wrapped.to_owned())).collect();
        for passage in passages(&page.text) {
            let wrong_word = terms.wrong_word("zh", &passage.text);
            let what = broken_rules(&passage.text).chain(wrong_word).chain(untranslated(&passage));
            found.extend(what.map(|what| (passage.line, what)));
        }
        // What nobody has written in Chinese yet keeps no rule of Chinese.
        let waiting = stamps::waiting(page);
        found.retain(|(line, _)| !waiting.iter().any(|lines| lines.contains(line)));
        problems.extend(found.into_iter().map(|(line, what)| page.problem(line, what)));
    }
    Ok(problems)
}

fn broken_rules(text: &str) -> impl Iterator<Item = String> {
    RULES.iter().filter_map(move |(rule, why)| rule.find(text).map(|found| format!("“{}”: {why}", found.as_str())))
}

/// A passage without a Chinese character but with a sentence's worth of English words.
fn untranslated(passage: &Passage) -> Option<String> {
    let text = &passage.text;
    let words = ENGLISH_WORD.find_iter(&PLACEHOLDER.replace_all(&passage.without_code(), "")).count();
    (!HAN.is_match(text) && words >= 4).then(|| format!("“{text}” is still English"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> bool {
        passages(text).iter().any(|passage| broken_rules(&passage.text).next().is_some())
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
        let first = |text: &str| untranslated(&passages(text)[0]);
        assert!(first("This sentence is still in English.").is_some());
        assert!(first("pyo3-asyncio {{version:pyo3-asyncio/pyo3-asyncio}}").is_none());
        assert_eq!(first("pyo3-async-runtimes"), None);
        assert_eq!(first("`cargo run --quiet --release --bin app`"), None);
    }
}
