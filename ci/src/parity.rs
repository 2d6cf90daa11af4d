//! The two editions have one structure: the same pages, and in each page the same things in order.

use std::path::Path;

use anyhow::Result;
use pulldown_cmark::{Event, Tag};
use regex::Regex;
use std::sync::LazyLock;

use crate::page::{self, Page, line_of};
use crate::project;

/// Where the editions differ, a line each.
pub fn problems(root: &Path, pages: &[Page]) -> Result<Vec<String>> {
    let mut problems = summaries(root, pages)?;
    let (english, chinese): (Vec<&Page>, Vec<&Page>) =
        pages.iter().partition(|page| page.language == "en");
    for page in &english {
        match chinese.iter().find(|other| other.name == page.name) {
            Some(other) => problems.extend(difference(page, other)),
            None => problems.push(format!("book/zh/{}: missing (book/en has it)", page.name)),
        }
    }
    for page in &chinese {
        if !english.iter().any(|other| other.name == page.name) {
            problems.push(format!("book/en/{}: missing (book/zh has it)", page.name));
        }
    }
    for page in pages {
        problems.extend(headings_without_id(page));
    }
    Ok(problems)
}

/// One thing of a page that both editions must have: what it is, and its line.
type Part = (String, usize);

fn difference(english: &Page, chinese: &Page) -> Option<String> {
    let (ours, theirs) = (parts(english), parts(chinese));
    for index in 0..ours.len().max(theirs.len()) {
        match (ours.get(index), theirs.get(index)) {
            (Some((a, _)), Some((b, _))) if a == b => {}
            (Some((a, line)), Some((b, other))) => {
                return Some(format!(
                    "{}: {b}, where {} has {a}",
                    chinese.at(*other),
                    english.at(*line)
                ));
            }
            (Some((a, line)), None) => {
                return Some(format!(
                    "book/zh/{}: lacks {a} of {}",
                    chinese.name,
                    english.at(*line)
                ));
            }
            (None, Some((b, line))) => {
                return Some(format!(
                    "{}: {b}, which book/en/{} lacks",
                    chinese.at(*line),
                    english.name
                ));
            }
            (None, None) => {}
        }
    }
    None
}

/// Headings, fences, links, images, alerts, tables, lists and HTML of a page, in order.
fn parts(page: &Page) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut columns = None;
    let mut fences = page.fences.iter();
    for (event, range) in page::parse(&page.text) {
        let part = match event {
            Event::Start(Tag::Heading { level, id, .. }) => Some(format!(
                "the heading {level} #{}",
                id.as_deref().unwrap_or("?")
            )),
            Event::Start(Tag::CodeBlock(_)) => fences.next().map(|fence| match &fence.include {
                Some(include) => format!(
                    "the block `{}` of {}",
                    fence.info,
                    include_name(page, include)
                ),
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
    let name = include
        .file
        .replacen(&format!("book/{}/", page.language), "book/…/", 1);
    format!(
        "{}:{}:{}",
        include.directive,
        name,
        include.anchor.as_deref().unwrap_or("")
    )
}

/// HTML counts by its tags; comments (the stamps) and the words of a `<summary>` do not count.
fn html_part(html: &str) -> Option<String> {
    static TAG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<[^>!]+>|\{\{#include [^}]+\}\}").expect("valid"));
    let tags: Vec<&str> = TAG.find_iter(html).map(|tag| tag.as_str()).collect();
    (!tags.is_empty()).then(|| format!("the HTML {}", tags.join(" ")))
}

fn headings_without_id(page: &Page) -> Vec<String> {
    page::parse(&page.text)
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Heading { id: None, .. }) => Some(format!(
                "{}: this heading has no explicit id: write `## Title {{#id}}`",
                page.at(line_of(&page.text, range.start))
            )),
            _ => None,
        })
        .collect()
}

/// Both summaries list every page once, in one order.
fn summaries(root: &Path, pages: &[Page]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut orders = Vec::new();
    for language in project::LANGUAGES {
        let text = project::read(&root.join("book").join(language).join("SUMMARY.md"))?;
        let order: Vec<String> = page::parse(&text)
            .filter_map(|(event, _)| match event {
                Event::Start(Tag::Link { dest_url, .. }) => {
                    Some(dest_url.trim_start_matches("./").to_owned())
                }
                _ => None,
            })
            .collect();
        for page in pages.iter().filter(|page| page.language == language) {
            if !order.contains(&page.name) {
                problems.push(format!(
                    "book/{language}/SUMMARY.md: does not list {}",
                    page.name
                ));
            }
        }
        orders.push(order);
    }
    if orders[0] != orders[1] {
        problems.push(
            "book/zh/SUMMARY.md: lists other pages, or in another order, than book/en/SUMMARY.md"
                .to_owned(),
        );
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(language: &str, text: &str) -> Page {
        Page {
            language: language.into(),
            name: "a.md".into(),
            text: text.into(),
            fences: Vec::new(),
        }
    }

    #[test]
    fn prose_is_free_and_structure_is_not() {
        let english = page(
            "en",
            "# One {#one}\n\nSee [there](b.md).\n\n> [!NOTE]\n> Text.\n",
        );
        let same = page(
            "zh",
            "# 一 {#one}\n<!-- en: 1 -->\n\n见[那里](b.md)。\n\n> [!NOTE]\n> 文字。\n",
        );
        assert_eq!(difference(&english, &same), None);
        for wrong in [
            "# 一 {#two}\n\n见[那里](b.md)。\n\n> [!NOTE]\n> 文字。\n",
            "# 一 {#one}\n\n见[那里](c.md)。\n\n> [!NOTE]\n> 文字。\n",
            "# 一 {#one}\n\n见[那里](b.md)。\n\n> [!TIP]\n> 文字。\n",
            "# 一 {#one}\n\n见[那里](b.md)。\n",
        ] {
            assert!(
                difference(&english, &page("zh", wrong)).is_some(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn tables_and_tabs_count() {
        let table = page("en", "| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(difference(&table, &page("zh", "| 甲 | 乙 |\n|---|---|\n")).is_some());
        let tab = page("en", "<section data-tab=\"tokio\">\n\nx\n\n</section>\n");
        assert!(
            difference(
                &tab,
                &page("zh", "<section data-tab=\"smol\">\n\nx\n\n</section>\n")
            )
            .is_some()
        );
    }
}
