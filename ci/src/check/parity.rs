//! The two editions have one structure: the same pages, and in each page the same things in order. Headings have ids,
//! and columns of tables names.

use pulldown_cmark::{Event, Tag};

use crate::repo::{Page, Pattern, Problem, Repo, page};

pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = summaries(repo);
    for page in &repo.pages {
        let other = if page.language == "en" { "zh" } else { "en" };
        let twin = repo.page(other, &page.name).ok();
        if twin.is_none() {
            let what = format!("missing (book/{} has it)", page.language);
            problems.push(Problem::new(format!("book/{other}/{}", page.name), what));
        }
        problems.extend(twin.filter(|_| other == "zh").and_then(|chinese| difference(page, chinese)));
    }
    problems.extend(repo.pages.iter().flat_map(headings_without_id));
    problems
}

/// The first part that one edition of a page lacks or has otherwise.
pub fn difference(english: &Page, chinese: &Page) -> Option<Problem> {
    let (mut ours, mut theirs) = (parts(english), parts(chinese));
    loop {
        let (line, what) = match (ours.next(), theirs.next()) {
            (None, None) => return None,
            (Some((a, _)), Some((b, _))) if a == b => continue,
            (Some((a, line)), Some((b, other))) => (Some(other), format!("{b}, where {} has {a}", english.at(line))),
            (Some((a, line)), None) => (None, format!("lacks {a} of {}", english.at(line))),
            (None, Some((b, other))) => (Some(other), format!("{b}, which {} lacks", english.file())),
        };
        let name = english.name.trim_end_matches(".md");
        let what = format!("{what}; if the English changed and you write no Chinese, `ci/just zh-later {name}`");
        return Some(Problem { file: chinese.file(), line, what });
    }
}

/// What both editions of a page must have, in order, each with its line: headings, fences, links, images, alerts,
/// tables, lists and HTML.
fn parts(page: &Page) -> impl Iterator<Item = (String, usize)> {
    let mut columns = None;
    let mut fences = page.fences.iter();
    page.events().filter_map(move |(event, line)| {
        let part = match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                format!("the heading {level} #{}", id.as_deref().unwrap_or("?"))
            }
            Event::Start(Tag::CodeBlock(_)) => fences.next().map(|fence| match &fence.include {
                Some(include) => format!("the block `{}` of {}", fence.info, include_name(page, include)),
                None => format!("a typed block `{}`", fence.info),
            })?,
            Event::Start(Tag::Link { dest_url, .. }) => format!("the link {dest_url}"),
            Event::Start(Tag::Image { dest_url, .. }) => format!("the image {dest_url}"),
            Event::Start(Tag::BlockQuote(kind)) => format!("the alert {kind:?}"),
            Event::Start(Tag::Table(alignment)) => {
                columns = Some(alignment.len());
                return None;
            }
            Event::Start(Tag::TableRow | Tag::TableHead) => format!("a table row of {} columns", columns?),
            Event::Start(Tag::Item) => "a list item".to_owned(),
            Event::Start(Tag::FootnoteDefinition(name)) => format!("the footnote {name}"),
            Event::Html(html) | Event::InlineHtml(html) => html_part(&html)?,
            _ => return None,
        };
        Some((part, line))
    })
}

/// A diagram is drawn once in each language, under the same name.
fn include_name(page: &Page, include: &page::Include) -> String {
    let name = include.file.replacen(&format!("book/{}/", page.language), "book/…/", 1);
    format!("{}:{}:{}", include.directive, name, include.anchor.as_deref().unwrap_or(""))
}

/// HTML counts by its tags; comments (the stamps) and the words of a `<summary>` do not count.
fn html_part(html: &str) -> Option<String> {
    static TAG: Pattern = Pattern::of(r"<[^>!]+>|\{\{#include [^}]+\}\}");
    let tags: Vec<&str> = TAG.find_iter(html).map(|tag| tag.as_str()).collect();
    (!tags.is_empty()).then(|| format!("the HTML {}", tags.join(" ")))
}

fn headings_without_id(page: &Page) -> Vec<Problem> {
    let headings = page.events().filter(|(event, _)| matches!(event, Event::Start(Tag::Heading { id: None, .. })));
    let what = "this heading has no explicit id: write `## Title {#id}`";
    headings.map(|(_, line)| page.problem(line, what)).collect()
}

/// Columns of tables without a name, which a screen reader reads out.
pub fn unnamed_columns(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for page in &repo.pages {
        for (_, line) in page.events().filter(|(event, _)| matches!(event, Event::Start(Tag::TableHead))) {
            let head = page.text.lines().nth(line - 1).unwrap_or_default().trim();
            let head = head.strip_prefix('|').unwrap_or(head);
            let columns = head.strip_suffix('|').unwrap_or(head).split('|');
            let unnamed = columns.filter(|name| name.trim().is_empty());
            problems.extend(unnamed.map(|_| page.problem(line, "a column of this table has no name")));
        }
    }
    problems
}

/// Both summaries list every page once, in one order.
fn summaries(repo: &Repo) -> Vec<Problem> {
    let orders = page::LANGUAGES.map(|language| page::order(repo, language));
    let mut problems = Vec::new();
    for (language, order) in page::LANGUAGES.iter().zip(&orders) {
        let summary = format!("book/{language}/SUMMARY.md");
        let unlisted = repo.pages_in(language).filter(|page| !order.contains(&page.name));
        problems.extend(unlisted.map(|page| Problem::new(&summary, format!("does not list {}", page.name))));
    }
    if orders[0] != orders[1] {
        let what = "lists other pages, or in another order, than book/en/SUMMARY.md";
        problems.push(Problem::new("book/zh/SUMMARY.md", what));
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
