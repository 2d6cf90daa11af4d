//! The two editions have one structure: the same pages, and in each page the same things in order.

use pulldown_cmark::{Event, Tag};
use regex::Regex;
use std::sync::LazyLock;

use crate::repo::Repo;
use crate::repo::page::{self, Page, line_of};
use crate::repo::problem::Problem;

/// Where the editions differ.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = summaries(repo);
    for [language, other] in [["en", "zh"], ["zh", "en"]] {
        for page in repo.pages_in(language) {
            match repo.pages_in(other).find(|twin| twin.name == page.name) {
                Some(twin) if language == "en" => problems.extend(difference(page, twin)),
                Some(_) => {}
                None => problems.push(Problem::new(
                    format!("book/{other}/{}", page.name),
                    format!("missing (book/{language} has it)"),
                )),
            }
        }
    }
    problems.extend(repo.pages.iter().flat_map(headings_without_id));
    problems
}

/// One thing of a page that both editions must have: what it is, and its line.
type Part = (String, usize);

/// The first part that one edition of a page lacks or has otherwise.
pub fn difference(english: &Page, chinese: &Page) -> Option<Problem> {
    let (ours, theirs) = (parts(english), parts(chinese));
    let most = ours.len().max(theirs.len());
    (0..most).find_map(|index| match (ours.get(index), theirs.get(index)) {
        (Some((a, line)), Some((b, other))) => {
            (a != b).then(|| chinese.problem(*other, format!("{b}, where {} has {a}", english.at(*line))))
        }
        (Some((a, line)), None) => {
            let what = format!("lacks {a} of {}", english.at(*line));
            Some(Problem::new(chinese.file(), what))
        }
        (None, Some((b, line))) => Some(chinese.problem(*line, format!("{b}, which {} lacks", english.file()))),
        (None, None) => None,
    })
}

/// Headings, fences, links, images, alerts, tables, lists and HTML of a page, in order.
fn parts(page: &Page) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut columns = None;
    let mut fences = page.fences.iter();
    for (event, range) in page::parse(&page.text) {
        let part = match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                Some(format!("the heading {level} #{}", id.as_deref().unwrap_or("?")))
            }
            Event::Start(Tag::CodeBlock(_)) => fences.next().map(|fence| match &fence.include {
                Some(include) => format!("the block `{}` of {}", fence.info, include_name(page, include)),
                None => format!("a typed block `{}`", fence.info),
            }),
            Event::Start(Tag::Link { dest_url, .. }) => Some(format!("the link {dest_url}")),
            Event::Start(Tag::Image { dest_url, .. }) => Some(format!("the image {dest_url}")),
            Event::Start(Tag::BlockQuote(kind)) => Some(format!("the alert {kind:?}")),
            Event::Start(Tag::Table(alignment)) => {
                columns = Some(alignment.len());
                None
            }
            Event::Start(Tag::TableRow | Tag::TableHead) => {
                columns.map(|columns| format!("a table row of {columns} columns"))
            }
            Event::Start(Tag::Item) => Some("a list item".to_owned()),
            Event::Start(Tag::FootnoteDefinition(name)) => Some(format!("the footnote {name}")),
            Event::Html(html) | Event::InlineHtml(html) => html_part(&html),
            _ => None,
        };
        parts.extend(part.map(|part| (part, line_of(&page.text, range.start))));
    }
    parts
}

/// A diagram is drawn once in each language, under the same name.
fn include_name(page: &Page, include: &page::Include) -> String {
    let name = include.file.replacen(&format!("book/{}/", page.language), "book/…/", 1);
    format!("{}:{}:{}", include.directive, name, include.anchor.as_deref().unwrap_or(""))
}

/// HTML counts by its tags; comments (the stamps) and the words of a `<summary>` do not count.
fn html_part(html: &str) -> Option<String> {
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[^>!]+>|\{\{#include [^}]+\}\}").expect("valid"));
    let tags: Vec<&str> = TAG.find_iter(html).map(|tag| tag.as_str()).collect();
    (!tags.is_empty()).then(|| format!("the HTML {}", tags.join(" ")))
}

fn headings_without_id(page: &Page) -> Vec<Problem> {
    page::parse(&page.text)
        .filter(|(event, _)| matches!(event, Event::Start(Tag::Heading { id: None, .. })))
        .map(|(_, range)| {
            let line = line_of(&page.text, range.start);
            page.problem(line, "this heading has no explicit id: write `## Title {#id}`")
        })
        .collect()
}

/// Both summaries list every page once, in one order.
fn summaries(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    let orders = page::LANGUAGES.map(|language| page::order(repo, language));
    for (language, order) in page::LANGUAGES.iter().zip(&orders) {
        let unlisted = repo.pages_in(language).filter(|page| !order.contains(&page.name));
        problems.extend(unlisted.map(|page| {
            let what = format!("does not list {}", page.name);
            Problem::new(format!("book/{language}/SUMMARY.md"), what)
        }));
    }
    if orders[0] != orders[1] {
        problems.push(Problem::new(
            "book/zh/SUMMARY.md",
            "lists other pages, or in another order, than book/en/SUMMARY.md",
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(language: &str, text: &str) -> Page {
        Page::of(language, "a.md", text)
    }

    #[test]
    fn prose_is_free_and_structure_is_not() {
        let english = page("en", "# One {#one}\n\nSee [there](b.md).\n\n> [!NOTE]\n> Text.\n");
        let same = page("zh", "# 一 {#one}\n<!-- en: 1 -->\n\n见[那里](b.md)。\n\n> [!NOTE]\n> 文字。\n");
        assert_eq!(difference(&english, &same), None);
        for wrong in [
            "# 一 {#two}\n\n见[那里](b.md)。\n\n> [!NOTE]\n> 文字。\n",
            "# 一 {#one}\n\n见[那里](c.md)。\n\n> [!NOTE]\n> 文字。\n",
            "# 一 {#one}\n\n见[那里](b.md)。\n\n> [!TIP]\n> 文字。\n",
            "# 一 {#one}\n\n见[那里](b.md)。\n",
        ] {
            assert!(difference(&english, &page("zh", wrong)).is_some(), "{wrong}");
        }
    }

    #[test]
    fn tables_and_tabs_count() {
        let table = page("en", "| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(difference(&table, &page("zh", "| 甲 | 乙 |\n|---|---|\n")).is_some());
        let tab = page("en", "<section data-tab=\"tokio\">\n\nx\n\n</section>\n");
        assert!(difference(&tab, &page("zh", "<section data-tab=\"smol\">\n\nx\n\n</section>\n")).is_some());
    }
}
