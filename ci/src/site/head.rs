//! What search engines and previews of links are told of a page: its whole title, its first paragraph, a picture.

use std::path::Path;

use anyhow::{Context, Result};
use regex::Regex;
use serde_json::json;

use crate::repo::{Pattern, files::slashed};
use crate::site::edition::Edition;

/// How long a description may become before a sentence is left out; a Chinese character counts twice.
const LONGEST: usize = 240;

static TITLE: Pattern = Pattern::of(r"<title>[^<]*</title>");
static DESCRIPTION: Pattern = Pattern::of(r#"<meta name="description" content="[^"]*">"#);
static TAG: Pattern = Pattern::of(r"<[^>]*>");
static HEADING: Pattern = Pattern::of(r"(?s)<h1[ >].*?</h1>");
static PARAGRAPH: Pattern = Pattern::of(r"(?s)<p>.*?</p>");
static SENTENCE: Pattern = Pattern::of(r"(?s).*?(?:[.?!:](?:\s+|$)|[。？！：]|$)");

/// The text of the page's first heading, as it stands in HTML.
pub fn heading(content: &str) -> Option<String> {
    HEADING.find(content).map(|found| text_of(found.as_str()))
}

/// Puts all of it into the page's head.
pub fn finish(chrome: &str, content: &str, page: &Path, edition: &Edition) -> Result<String> {
    let heading = heading(content).context("the page has no heading of level 1")?;
    let about = PARAGRAPH.find(content).map_or(String::new(), |found| shortened(&text_of(found.as_str())));
    let book = edition.words.text("site.title");
    let title = if heading == book { book.clone() } else { format!("{heading} - {book}") };
    let head = format!("<title>{title}</title>\n{}", previews(&heading, &about, &book, page, edition));
    let chrome = replaced(chrome, &TITLE, &head)?;
    replaced(&chrome, &DESCRIPTION, &format!("<meta name=\"description\" content=\"{about}\">"))
}

fn replaced(html: &str, pattern: &Regex, with: &str) -> Result<String> {
    let found = pattern.find(html).with_context(|| format!("mdBook's page template lacks {pattern}"))?;
    Ok(format!("{}{with}{}", &html[..found.start()], &html[found.end()..]))
}

/// Without tags, on one line; still with the entities of HTML, and fit for an attribute.
fn text_of(html: &str) -> String {
    let text = TAG.replace_all(html, "");
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "&quot;")
}

/// As many whole sentences as there is room for, at least one.
fn shortened(text: &str) -> String {
    let width = |text: &str| text.chars().map(|letter| if letter > '\u{2e80}' { 2 } else { 1 }).sum::<usize>();
    let mut short = String::new();
    for sentence in SENTENCE.find_iter(text) {
        if !short.is_empty() && width(&short) + width(sentence.as_str()) > LONGEST {
            break;
        }
        short.push_str(sentence.as_str());
    }
    short.trim_end().to_owned()
}

/// Open Graph and JSON-LD. Their addresses have a host where `GUIDE_SITE_URL` names one.
fn previews(heading: &str, about: &str, book: &str, page: &Path, edition: &Edition) -> String {
    let address = format!("{}{}/{}", edition.url, edition.language, slashed(page));
    let picture = format!("{}{}", edition.url, picture(edition.language));
    let properties = [
        ("og:type", "article"),
        ("og:site_name", book),
        ("og:locale", if edition.language == "zh" { "zh_CN" } else { "en_US" }),
        ("og:title", heading),
        ("og:description", about),
        ("og:url", &address),
        ("og:image", &picture),
        ("og:image:width", "1200"),
        ("og:image:height", "630"),
    ];
    let mut tags: String =
        properties.iter().map(|(name, value)| format!("<meta property=\"{name}\" content=\"{value}\">\n")).collect();
    tags.push_str("<meta name=\"twitter:card\" content=\"summary_large_image\">\n");
    let data = json!({
        "@context": "https://schema.org",
        "@type": "TechArticle",
        "headline": unescaped(heading),
        "description": unescaped(about),
        "inLanguage": edition.words.text("site.language"),
        "url": address,
        "image": picture,
        "isPartOf": { "@type": "Book", "name": book },
    });
    // Data, not a script: a browser runs nothing of it, and so the policy of the page need not allow it.
    tags + &format!("<script type=\"application/ld+json\">{}</script>", data.to_string().replace('<', "\\u003c"))
}

/// The name of the picture of a language, in the theme and in the site.
pub fn picture(language: &str) -> String {
    format!("social.{language}.png")
}

fn unescaped(html: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(html.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const CHROME: &str = "<title>Short - Guide</title><meta name=\"description\" content=\"It&#x27;s\">";

    fn finished(language: &str, content: &str) -> Result<String> {
        let repo = tree(&[("book/words.toml", include_str!("../../../book/words.toml"))]);
        let all = Edition::all(&repo, "https://a.example/g/").expect("its words");
        let edition = all.into_iter().find(|edition| edition.language == language).expect("a language");
        finish(CHROME, content, Path::new("start/a.html"), &edition)
    }

    #[test]
    fn a_page_is_called_by_its_heading_and_told_by_its_first_paragraph() {
        let html = finished(
            "en",
            "<h1 id=\"a\"><a href=\"#a\">The <code>a&lt;b&gt;</code></a></h1><p>One\n<em>\"x\"</em>.</p><p>Two.</p>",
        );
        let html = html.expect("a page");
        assert!(html.starts_with("<title>The a&lt;b&gt; - Async Rust and Python asyncio</title>"), "{html}");
        assert!(html.contains("<meta name=\"description\" content=\"One &quot;x&quot;.\">"), "{html}");
        assert!(html.contains("<meta property=\"og:title\" content=\"The a&lt;b&gt;\">"), "{html}");
        assert!(html.contains("content=\"https://a.example/g/en/start/a.html\""), "{html}");
        assert!(html.contains("content=\"https://a.example/g/social.en.png\""), "{html}");
        assert!(
            html.contains(r#""headline":"The a\u003cb>""#) && html.contains(r#""description":"One \"x\".""#),
            "{html}"
        );
        assert!(!html.contains("Short") && !html.contains("It&#x27;s"), "{html}");
    }

    #[test]
    fn a_long_paragraph_ends_with_a_sentence() {
        let (one, two) = ("a".repeat(150) + ". ", "b".repeat(100) + ".");
        assert_eq!(shortened(&format!("{one}{two}")), one.trim_end());
        assert_eq!(shortened(&two), two);
        let (one, two) = ("一".repeat(70) + "。", "二".repeat(60) + "。");
        assert_eq!(shortened(&format!("{one}{two}")), one);
        assert_eq!(shortened("Version 0.30 of it. More"), "Version 0.30 of it. More");
    }

    #[test]
    fn a_page_without_a_heading_is_an_error() {
        let error = finished("zh", "<p>A</p>").expect_err("no heading");
        assert_eq!(error.to_string(), "the page has no heading of level 1");
    }
}
