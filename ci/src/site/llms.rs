//! What the site has for programs: each page as plain Markdown, `llms.txt`, and a site map.

use std::path::Path;

use anyhow::{Context, Result};
use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use crate::repo::{Page, Pattern, Repo, files, page};
use crate::verify::expand;

/// As mdBook hides a line of Rust: `# `, behind any white space.
static HIDDEN: Pattern = Pattern::of(r"^\s*#(?: |$)");

/// Writes all of it into the site, whose address is `url`, with a slash at its end.
pub fn write(repo: &Repo, site: &Path, url: &str) -> Result<()> {
    let pages = in_reading_order(repo);
    // Each page with its includes resolved, `NAME.md` beside `NAME.html`.
    let expanded = site.join("expanded");
    for language in page::LANGUAGES {
        expand::render_markdown(expand::mdbook(&repo.root, language, &expanded)?).context(language)?;
        for page in repo.pages_in(language) {
            let text = plain(&files::read(&expanded.join(&page.name))?);
            files::write_if_changed(&site.join(language).join(&page.name), text.as_bytes())?;
        }
        files::remove_if_there(&expanded)?;
    }
    files::write_if_changed(&site.join("llms.txt"), llms(&pages, site)?.as_bytes())?;
    files::write_if_changed(&site.join("sitemap.xml"), sitemap(&pages, url).as_bytes())
}

/// The pages as the two summaries list them, English first.
pub fn in_reading_order(repo: &Repo) -> Vec<&Page> {
    let of_language = |language| {
        let names = page::order(repo, language).into_iter();
        names.filter_map(move |name| repo.pages_in(language).find(|page| page.name == name))
    };
    page::LANGUAGES.into_iter().flat_map(of_language).collect()
}

/// Without what is for the checks: the names of templates, and the hidden lines of Rust, which are the rest of the file.
fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), 0);
    for (event, range) in page::parse(text) {
        if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event {
            let language = info.split(',').next().unwrap_or_default();
            let block = text[range.clone()].replacen(&*info, language, 1);
            plain.push_str(&text[rest..range.start]);
            plain.push_str(&if language == "rust" { shown(&block) } else { block });
            rest = range.end;
        }
    }
    plain + &text[rest..]
}

/// The lines of Rust that mdBook does not hide; two hashes stand for one.
fn shown(block: &str) -> String {
    let shown = block.split_inclusive('\n').filter(|line| !HIDDEN.is_match(line.trim_end()));
    shown.map(|line| line.strip_prefix('#').filter(|rest| rest.starts_with('#')).unwrap_or(line)).collect()
}

/// The list of <https://llmstxt.org>: each page's Markdown, with its first paragraph as the site has it.
fn llms(pages: &[&Page], site: &Path) -> Result<String> {
    let mut text = String::from(
        "# Async Rust and Python asyncio\n\n\
         > A guide to joining async Rust and Python's asyncio with PyO3, in English and Chinese. Every \
         block was compiled, run against real CPython, and its output compared.\n",
    );
    for (language, title) in [("en", "English"), ("zh", "简体中文")] {
        text.push_str(&format!("\n## {title}\n\n"));
        for page in pages.iter().filter(|page| page.language == language) {
            let written = files::read(&site.join(language).join(&page.name))?;
            let (title, about) = title_and_first_paragraph(&written);
            text.push_str(&format!("- [{title}]({language}/{}): {about}\n", page.name));
        }
    }
    Ok(text)
}

fn title_and_first_paragraph(text: &str) -> (String, String) {
    let (mut title, mut words) = (String::new(), String::new());
    for (event, _) in page::parse(text) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak => words.push(' '),
            Event::Start(Tag::Paragraph) => words.clear(),
            Event::End(TagEnd::Heading(_)) => title = std::mem::take(&mut words),
            Event::End(TagEnd::Paragraph) => break,
            _ => {}
        }
    }
    (title, words)
}

fn sitemap(pages: &[&Page], url: &str) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    for page in pages {
        let name = page.name.replace(".md", ".html");
        let links = [("en", "en"), ("zh", "zh-Hans")].map(|(language, tag)| {
            format!("<xhtml:link rel=\"alternate\" hreflang=\"{tag}\" href=\"{url}{language}/{name}\"/>")
        });
        text.push_str(&format!("<url><loc>{url}{}/{name}</loc>{}</url>\n", page.language, links.concat()));
    }
    text + "</urlset>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_lines_are_left_out_of_rust_alone() {
        let text = "# T\n\n```rust,skt-a\n# use a;\nfn b() {}\n#[c]\n#\n## d\n  # e\n```\n\n```toml\n# c\n```\n";
        let expected = "# T\n\n```rust\nfn b() {}\n#[c]\n# d\n```\n\n```toml\n# c\n```\n";
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn a_page_is_told_by_its_first_paragraph() {
        let (title, about) = title_and_first_paragraph("# The `a` {#a}\n\nOne. *Two*.\n\nThree.\n");
        assert_eq!((title.as_str(), about.as_str()), ("The a", "One. Two."));
    }

    #[test]
    fn code_and_tables_above_the_first_paragraph_tell_nothing() {
        let (title, about) =
            title_and_first_paragraph("# A {#a}\n\n```text\nb\n```\n\n| c |\n|---|\n| d |\n\nOne.\n");
        assert_eq!((title.as_str(), about.as_str()), ("A", "One."));
    }
}
