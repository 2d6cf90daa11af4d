//! How long the sentences of the pages are: a report for writers, without a limit.

use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use crate::repo::Repo;
use crate::repo::page::{LANGUAGES, Page};
use crate::repo::passages::passages;

/// As short as a line of a list of test names.
const SHORT: usize = 8;

static END: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[.!?][”)]*\s+|[。！？；]|$").expect("valid"));
/// The bold words that begin an item, as a heading does.
static LEAD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^(\s*(?:[-*]|\d+\.) )\*\*[^*]+\*\*[.:：。]?").expect("valid"));
/// A Latin word, a piece of code, or a Chinese character.
static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"`[^`]*`|\p{Han}|[^\s\p{Han}`]*\w[^\s\p{Han}`]*").expect("valid"));

/// The sentences of a page's paragraphs and list items, by their number of words.
struct Lengths(Vec<(usize, String)>);

impl Lengths {
    fn of(page: &Page) -> Self {
        let proved = page.text.find("{#tested-by}").unwrap_or(page.text.len());
        let mut lengths = Vec::new();
        let text = LEAD.replace_all(&page.text[..proved], "$1");
        for passage in passages(&text).iter().filter(|passage| passage.is_sentences) {
            let mut start = 0;
            for end in END.find_iter(&passage.text) {
                let sentence = passage.text[start..end.start()].trim();
                let words = WORD.find_iter(sentence).count();
                // A lone name is an item of a list.
                if words > 2 {
                    lengths.push((words, sentence.to_owned()));
                }
                start = end.end();
            }
        }
        Self(lengths)
    }

    fn words(&self) -> usize {
        self.0.iter().map(|(words, _)| words).sum()
    }

    fn short(&self) -> usize {
        self.0.iter().filter(|(words, _)| *words <= SHORT).count()
    }

    fn longest(&self) -> (usize, &str) {
        self.0.iter().max_by_key(|(words, _)| words).map_or((0, ""), |(words, text)| (*words, text))
    }
}

/// Prints the short sentences of a page, such as `start/first-app`, in both languages.
pub fn short_of(repo: &Repo, name: &str) -> Result<()> {
    for language in LANGUAGES {
        let page = repo.page(language, name)?;
        println!("{}", page.file());
        for (_, text) in Lengths::of(page).0.iter().filter(|(words, _)| *words <= SHORT) {
            println!("  {text}");
        }
    }
    Ok(())
}

/// Prints for each page its words, sentences, the share of short ones, and the longest; for Chinese, characters.
pub fn report(repo: &Repo) {
    for language in LANGUAGES {
        println!("{language}: words, sentences, of at most {SHORT} words, longest");
        let mut all = Vec::new();
        for page in repo.pages_in(language) {
            let lengths = Lengths::of(page);
            println!("{}", line(&page.name, &lengths));
            all.extend(lengths.0);
        }
        println!("{}\n", line("all pages", &Lengths(all)));
    }
}

fn line(name: &str, lengths: &Lengths) -> String {
    let share = 100 * lengths.short() / lengths.0.len().max(1);
    let (longest, text) = lengths.longest();
    let begins: String = text.chars().take(40).collect();
    format!("{name:<36}{:>6}{:>5}{share:>4} %{longest:>4} “{begins}”", lengths.words(), lengths.0.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(language: &str, text: &str) -> Vec<usize> {
        Lengths::of(&Page::of(language, "start/a.md", text)).0.into_iter().map(|(words, _)| words).collect()
    }

    #[test]
    fn a_sentence_ends_at_its_full_stop_and_code_is_one_word() {
        assert_eq!(lengths("en", "# A title {#a}\n\nCall `a.b(c, d)` on a thread. Then wait for it!\n"), [5, 4]);
        assert_eq!(lengths("zh", "程序退出时崩溃。`abort` 来得更早。\n"), [7, 5]);
    }

    #[test]
    fn the_names_of_tests_are_no_sentences() {
        assert_eq!(lengths("en", "One two three.\n\n## Tested by {#tested-by}\n\nFour five six seven.\n"), [3]);
        assert_eq!(lengths("en", "- tokio\n- It runs all futures.\n"), [4]);
        assert_eq!(lengths("en", "- **It hangs in the child.** Start it anew, with `spawn`.\n"), [5]);
    }
}
