//! How long the sentences of the pages are: a report for writers, without a limit.

use anyhow::Result;

use crate::repo::{Page, Pattern, Repo, page::LANGUAGES, passages::passages};

/// As short as a line of a list of test names.
const SHORT: usize = 8;

static END: Pattern = Pattern::of(r"[.!?][”)]*\s+|[。！？；]");
/// The bold words that begin an item, as a heading does.
static LEAD: Pattern = Pattern::of(r"(?m)^(\s*(?:[-*]|\d+\.) )\*\*[^*]+\*\*[.:：。]?");
/// A Latin word, a piece of code, or a Chinese character.
static WORD: Pattern = Pattern::of(r"`[^`]*`|\p{Han}|[^\s\p{Han}`]*\w[^\s\p{Han}`]*");

/// The sentences of a page's paragraphs and list items, with their number of words.
fn sentences(page: &Page) -> Vec<(usize, String)> {
    let text = page.text.split("{#tested-by}").next().unwrap_or_default();
    let text = LEAD.replace_all(text, "$1");
    let passages = passages(&text);
    let sentences =
        passages.iter().filter(|passage| passage.is_sentences).flat_map(|passage| END.split(&passage.text));
    let counted = sentences.map(|sentence| (WORD.find_iter(sentence).count(), sentence.trim().to_owned()));
    // A lone name is an item of a list.
    counted.filter(|(words, _)| *words > 2).collect()
}

/// Prints the short sentences of a page, such as `start/first-app`, in both languages.
pub fn short_of(repo: &Repo, name: &str) -> Result<()> {
    for language in LANGUAGES {
        let page = repo.page(language, name)?;
        println!("{}", page.file());
        for (_, text) in sentences(page).iter().filter(|(words, _)| *words <= SHORT) {
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
            let sentences = sentences(page);
            println!("{}", line(&page.name, &sentences));
            all.extend(sentences);
        }
        println!("{}\n", line("all pages", &all));
    }
}

fn line(name: &str, sentences: &[(usize, String)]) -> String {
    let lengths = sentences.iter().map(|(words, _)| *words);
    let share = 100 * lengths.clone().filter(|words| *words <= SHORT).count() / sentences.len().max(1);
    let longest = sentences.iter().max_by_key(|(words, _)| words);
    let (longest, text) = longest.map_or((0, ""), |(words, text)| (*words, text.as_str()));
    let begins: String = text.chars().take(40).collect();
    format!("{name:<36}{:>6}{:>5}{share:>4} %{longest:>4} “{begins}”", lengths.sum::<usize>(), sentences.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(language: &str, text: &str) -> Vec<usize> {
        sentences(&Page::of(language, "start/a.md", text)).into_iter().map(|(words, _)| words).collect()
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
