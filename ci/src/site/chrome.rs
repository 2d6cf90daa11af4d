//! What surrounds the text of a page: mdBook's template, mended where browsers and screen readers need it otherwise,
//! and in the words of the language.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::repo::files;
use crate::site::edition::{Edition, THEME};
use crate::site::turning::{self, Titles};
use crate::site::{blocks, head, pdf};

/// What mdBook says, and what it becomes.
type Words = BTreeMap<String, String>;

/// mdBook's titles of alerts.
const ALERTS: [&str; 5] = ["Note", "Tip", "Important", "Warning", "Caution"];

pub fn finish(root: &Path, edition: &Edition, folder: &Path, pages: &BTreeSet<PathBuf>, pdf: bool) -> Result<()> {
    // mdBook's own words are English.
    let list = format!("{THEME}/chrome.{}.toml", edition.language);
    let list_text = if edition.language == "en" { String::new() } else { files::read(&root.join(&list))? };
    let words: Words = toml::from_str(&list_text).context(list.clone())?;
    let read = |page: &PathBuf| Ok((page.clone(), files::read(&folder.join(page))?));
    let pages: BTreeMap<PathBuf, String> = pages.iter().map(read).collect::<Result<_>>()?;
    let titles = turning::titles(pages.iter().map(|(page, html)| (page, html.as_str())));
    for (page, html) in &pages {
        let mut html = finish_page(html, page, edition, &titles, &words)
            .with_context(|| format!("finishing {}/{}", edition.language, page.display()))?;
        if pdf {
            html = pdf::link_pdf(&html, page, edition);
        }
        files::write_if_changed(&folder.join(page), html.as_bytes())?;
    }
    let mut unused: BTreeSet<&str> = words.keys().map(String::as_str).collect();
    unused.retain(|stock| !pages.values().any(|html| says(html, stock)));
    ensure!(unused.is_empty(), "mdBook no longer says {unused:?}: mend {list}");
    Ok(())
}

fn finish_page(html: &str, page: &Path, edition: &Edition, titles: &Titles, words: &Words) -> Result<String> {
    // The theme's templates know a chapter by its source, `…/topic.md`; its page is `…/topic.html`.
    let html = [".md", ".html"]
        .iter()
        .fold(html.to_owned(), |html, end| html.replace(&format!("{end}\" data-chapter>"), ".html\">"));
    ensure!(!html.contains("data-chapter"), "data-chapter must be the last attribute, just behind href");
    // The list of contents for readers without JavaScript, and redirects, are not made from the page template.
    let Some((chrome, content, tail)) = split_main(&html) else {
        // A browser asks for /favicon.ico, which a site in a folder does not have, unless a page names its icon.
        return Ok(html.replacen("<head>", "<head>\n<link rel=\"icon\" href=\"data:,\">", 1));
    };
    let mut chrome = translate(&finish_chrome(chrome, page)?, words);
    chrome = chrome.replace("\"Git repository\"", &format!("\"{}\"", edition.words.text("site.repository")));
    let tail = turning::name_neighbours(&translate(tail, words), page, titles)?;
    let alerts = ALERTS.iter().fold(content.to_owned(), |html, stock| {
        let ours = edition.words.text(&format!("alert.{}", stock.to_lowercase()));
        html.replace(&format!("</svg>{stock}</p>"), &format!("</svg>{ours}</p>"))
    });
    let mut marked = blocks::mark_blocks(&alerts, page, edition);
    let mut searched = "";
    // The print page repeats every chapter: it would be the first result of every search.
    if page != Path::new("print.html") {
        searched = " data-pagefind-body";
        ensure!(marked.trim_start().starts_with("<h1 "), "the page does not start with a heading of level 1");
        // Without this mark Pagefind would call the page by the first heading it meets in the menu.
        marked = marked.replacen("<h1 ", "<h1 data-pagefind-meta=\"title\" ", 1);
        chrome = head::finish(&chrome, content, page, edition)?;
    }
    Ok(format!("{chrome}<main id=\"content\" tabindex=\"-1\"{searched}>{marked}</main>{tail}"))
}

fn split_main(html: &str) -> Option<(&str, &str, &str)> {
    let (chrome, rest) = html.split_once("<main>")?;
    let (content, tail) = rest.rsplit_once("</main>")?;
    Some((chrome, content, tail))
}

/// Text of mdBook's page template that browsers and screen readers need otherwise, and what it becomes.
const REPAIRS: [(&str, &str); 5] = [
    ("<div id=\"mdbook-menu-bar\"", "<div role=\"banner\" id=\"mdbook-menu-bar\""),
    ("<div id=\"mdbook-search-wrapper\"", "<div role=\"search\" id=\"mdbook-search-wrapper\""),
    ("<div id=\"mdbook-searchresults-header\"", "<div role=\"status\" id=\"mdbook-searchresults-header\""),
    // An id that no element has.
    (" aria-describedby=\"searchresults-header\"", ""),
    (
        "placeholder=\"Search this book ...\"",
        "placeholder=\"Search this book ...\" aria-label=\"Search this book ...\"",
    ),
];

fn finish_chrome(chrome: &str, page: &Path) -> Result<String> {
    let html = REPAIRS.iter().try_fold(chrome.to_owned(), |html, (stock, ours)| replace_once(&html, stock, ours))?;
    let html = add_sidebar_button(&html)?;
    // The book's title is an `h1` in mdBook's menu, above the chapter's own; here it is the link home.
    let home = format!("<a class=\"menu-title\" href=\"{}index.html\">", "../".repeat(page.components().count() - 1));
    let html = replace_once(&html, "<h1 class=\"menu-title\">", &home)?;
    let html = replace_once(&html, "</h1>", "</a>")?;
    let html = relocate(&html, "<a id=\"skip-link\"", "<body>")?;
    relocate(&html, "<a id=\"language-link\"", "<div class=\"right-buttons\">")
}

/// mdBook's sidebar toggle is a `label`, which no keyboard reaches. It stays for readers without JavaScript;
/// its id, through which mdBook's script keeps `aria-expanded` right, goes to a button beside it.
fn add_sidebar_button(html: &str) -> Result<String> {
    const TITLE: &str = "title=\"Toggle Table of Contents\"";
    const FOR: &str = " for=\"mdbook-sidebar-toggle-anchor\"";
    let button = format!(
        "<label id=\"mdbook-sidebar-toggle\" class=\"icon-button\"{FOR} {TITLE} \
         aria-label=\"Toggle Table of Contents\" aria-controls=\"mdbook-sidebar\">"
    );
    let (before, rest) = html.split_once(&button).with_context(|| changed(&button))?;
    let (icon, after) = rest.split_once("</label>").with_context(|| changed("</label>"))?;
    let label = format!("<label class=\"icon-button\"{FOR} {TITLE}>{icon}</label>");
    let button = button.replace("<label", "<button type=\"button\"").replace(FOR, "");
    Ok(format!("{before}{label}{button}{icon}</button>{after}"))
}

/// Moves the link that starts with `start` to just behind `anchor`.
fn relocate(html: &str, start: &str, anchor: &str) -> Result<String> {
    let (before, rest) = html.split_once(start).with_context(|| format!("{THEME}/header.hbs lacks {start}"))?;
    let (link, after) = rest.split_once("</a>").with_context(|| format!("{THEME}/header.hbs: {start} has no end"))?;
    replace_once(&format!("{before}{after}"), anchor, &format!("{anchor}\n{start}{link}</a>"))
}

fn replace_once(html: &str, stock: &str, ours: &str) -> Result<String> {
    ensure!(html.matches(stock).count() == 1, changed(stock));
    Ok(html.replacen(stock, ours, 1))
}

fn changed(stock: &str) -> String {
    format!("mdBook's page template has changed: expected exactly one {stock:?}; mend ci/src/site/chrome.rs")
}

/// A text as a whole attribute value and as a whole text, never as a part of one.
fn wholes(text: &str) -> [String; 2] {
    [format!("\"{text}\""), format!(">{text}<")]
}

fn translate(html: &str, words: &Words) -> String {
    let pairs = words.iter().flat_map(|(stock, ours)| wholes(stock).into_iter().zip(wholes(ours)));
    pairs.fold(html.to_owned(), |html, (stock, ours)| html.replace(&stock, &ours))
}

/// Whether what surrounds the text of a page has this text of mdBook's.
fn says(html: &str, stock: &str) -> bool {
    let around = split_main(html).map(|(chrome, _, tail)| [chrome, tail]);
    around.is_some_and(|around| wholes(stock).iter().any(|whole| around.iter().any(|part| part.contains(whole))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const LABEL: &str = "<label id=\"mdbook-sidebar-toggle\" class=\"icon-button\" \
        for=\"mdbook-sidebar-toggle-anchor\" title=\"Toggle Table of Contents\" \
        aria-label=\"Toggle Table of Contents\" aria-controls=\"mdbook-sidebar\">=</label>";

    /// What mdBook's template has of all that is mended, around a content.
    fn page(content: &str) -> String {
        format!(
            "<html><body>\n<a href=\"../start/b.md\" data-chapter>B</a>\
             <a id=\"skip-link\" href=\"#content\">Skip</a>\n\
             <a id=\"language-link\" href=\"../../zh/start/a.md\" data-chapter>中</a>\n\
             <title>T</title><meta name=\"description\" content=\"d\"><div id=\"mdbook-menu-bar\">{LABEL}<h1 class=\"menu-title\">Guide</h1>\
             <div class=\"right-buttons\"></div></div>\
             <div id=\"mdbook-search-wrapper\"><input placeholder=\"Search this book ...\" \
             aria-describedby=\"searchresults-header\"><div id=\"mdbook-searchresults-header\"></div></div>\
             <main>{content}</main><nav title=\"Next chapter\"></nav></body></html>"
        )
    }

    fn edition(language: &str) -> Edition {
        let repo = tree(&[("book/words.toml", include_str!("../../../book/words.toml"))]);
        let all = Edition::all(&repo, "/").expect("its words");
        all.into_iter().find(|edition| edition.language == language).expect("a language")
    }

    fn finished(name: &str, content: &str, words: &[(&str, &str)]) -> Result<String> {
        let words = words.iter().map(|(stock, ours)| (stock.to_string(), ours.to_string())).collect();
        finish_page(&page(content), Path::new(name), &edition("zh"), &Titles::new(), &words)
    }

    #[test]
    fn the_links_for_keyboard_and_language_stand_where_they_are_looked_for() {
        let html = finished("start/a.html", "<h1 id=\"a\">A</h1>", &[]).expect("the template");
        assert!(html.starts_with("<html><body>\n<a id=\"skip-link\" href=\"#content\">Skip</a>\n"), "{html}");
        let buttons = "<div class=\"right-buttons\">\n<a id=\"language-link\" href=\"../../zh/start/a.html\">中</a>";
        assert!(html.contains(buttons), "{html}");
        assert_eq!((html.matches("skip-link").count(), html.matches("language-link").count()), (1, 1));
        assert!(html.contains("<a href=\"../start/b.html\">B</a>"), "{html}");
    }

    #[test]
    fn the_title_in_the_menu_is_the_link_home_and_no_heading() {
        let html = finished("start/a.html", "<h1 id=\"a\">A</h1>", &[]).expect("the template");
        assert!(html.contains("<a class=\"menu-title\" href=\"../index.html\">Guide</a>"), "{html}");
        let html = finished("a.html", "<h1 id=\"a\">A</h1>", &[]).expect("the template");
        assert!(html.contains("<a class=\"menu-title\" href=\"index.html\">Guide</a>"), "{html}");
    }

    #[test]
    fn a_keyboard_reaches_the_button_for_the_contents() {
        let html = finished("a.html", "<h1 id=\"a\">A</h1>", &[]).expect("the template");
        let label = "<label class=\"icon-button\" for=\"mdbook-sidebar-toggle-anchor\" \
                     title=\"Toggle Table of Contents\">=</label>";
        let button = "<button type=\"button\" id=\"mdbook-sidebar-toggle\" class=\"icon-button\" \
                      title=\"Toggle Table of Contents\" aria-label=\"Toggle Table of Contents\" \
                      aria-controls=\"mdbook-sidebar\">=</button>";
        assert!(html.contains(&format!("{label}{button}")), "{html}");
    }

    #[test]
    fn regions_and_the_search_field_have_names_for_screen_readers() {
        let html = finished("a.html", "<h1 id=\"a\">A</h1>", &[]).expect("the template");
        for (_, ours) in REPAIRS {
            assert!(html.contains(ours), "{ours}: {html}");
        }
        assert!(!html.contains("aria-describedby"), "{html}");
    }

    #[test]
    fn words_are_replaced_as_whole_texts_and_whole_attributes() {
        let words = [("Next chapter", "下一章"), ("Guide", "书"), ("Guid", "?"), ("A", "甲")];
        let html = finished("a.html", "<h1 id=\"a\">A</h1>", &words).expect("the template");
        assert!(html.contains("<nav title=\"下一章\">") && html.contains(">书</a>"), "{html}");
        // The content is nobody's but the author's.
        assert!(html.contains("id=\"a\">A</h1>"), "{html}");
        let said = words.map(|(stock, _)| says(&page("<h1 id=\"a\">A</h1>"), stock));
        assert_eq!(said, [true, true, false, false]);
    }

    #[test]
    fn only_chapters_are_searched_and_by_their_own_title() {
        let html = finished("a.html", "\n<h1 id=\"a\">A</h1><h1 id=\"b\">B</h1>", &[]).expect("the template");
        let main = "<main id=\"content\" tabindex=\"-1\" data-pagefind-body>\n\
                    <h1 data-pagefind-meta=\"title\" id=\"a\">A</h1><h1 id=\"b\">B</h1></main>";
        assert!(html.contains(main), "{html}");
        let print = finished("print.html", "<p>All</p>", &[]).expect("the template");
        assert!(print.contains("<main id=\"content\" tabindex=\"-1\"><p>All</p></main>"), "{print}");
        let error = finished("a.html", "<p>All</p>", &[]).expect_err("no title");
        assert_eq!(error.to_string(), "the page does not start with a heading of level 1");
    }

    #[test]
    fn titles_of_alerts_are_in_the_words_of_the_language() {
        let content = "<h1 id=\"a\">A</h1><p><svg></svg>Note</p><p>Note</p>";
        let html = finished("a.html", content, &[]).expect("the template");
        assert!(html.contains("</svg>说明</p><p>Note</p>"), "{html}");
    }

    #[test]
    fn a_page_that_is_no_chapter_stays_but_for_its_links() {
        let html = "<a href=\"a.md\" data-chapter>A</a>";
        let plain = finish_page(html, Path::new("toc.html"), &edition("en"), &Titles::new(), &Words::new());
        assert_eq!(plain.expect("no template"), "<a href=\"a.html\">A</a>");
    }

    #[test]
    fn another_template_is_refused() {
        let error = |html: &str| {
            let page = finish_page(html, Path::new("a.html"), &edition("en"), &Titles::new(), &Words::new());
            page.expect_err("refused").to_string()
        };
        let html = page("<h1 id=\"a\">A</h1>");
        let said = error(&html.replace("id=\"mdbook-menu-bar\"", "id=\"menu\""));
        assert!(said.starts_with("mdBook's page template has changed: expected exactly one \"<div id="), "{said}");
        let said = error(&html.replace("aria-controls", "data-controls"));
        assert!(said.contains("expected exactly one \"<label id="), "{said}");
        let said = error(&html.replace("data-chapter>中", "data-chapter class=\"b\">中"));
        assert_eq!(said, "data-chapter must be the last attribute, just behind href");
        let said = error(&html.replace("skip-link", "skip"));
        assert_eq!(said, "book/theme/header.hbs lacks <a id=\"skip-link\"");
    }

    #[test]
    fn the_link_to_the_pdf_stands_before_that_to_the_page_for_printing() {
        let html = "<a href=\"../print.html\" title=\"Print\">";
        assert_eq!(
            pdf::link_pdf(html, Path::new("start/a.html"), &edition("zh")),
            "<a class=\"pdf-link\" href=\"../../async-rust-and-python.zh.pdf\" title=\"整本指南的 PDF\" \
             aria-label=\"整本指南的 PDF\">PDF</a>\n<a href=\"../print.html\" title=\"Print\">"
        );
    }

    /// A folder with the theme's list of words and one page of each language.
    fn site(words: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let html = page("<h1 id=\"a\">A</h1>").replace("</nav>", "<a href=\"../print.html\">P</a></nav>");
        for (file, text) in
            [("book/theme/chrome.zh.toml", words), ("zh/start/a.html", &html), ("en/start/a.html", &html)]
        {
            files::write_if_changed(&folder.path().join(file), text.as_bytes()).expect("a file");
        }
        folder
    }

    #[test]
    fn each_page_is_finished_in_its_place() {
        let site = site("\"Next chapter\" = \"下一章\"\n");
        let pages = BTreeSet::from([PathBuf::from("start/a.html")]);
        for (language, next) in [("en", "Next chapter"), ("zh", "下一章")] {
            let folder = site.path().join(language);
            finish(site.path(), &edition(language), &folder, &pages, language == "zh").expect("the template");
            let html = files::read(&folder.join("start/a.html")).expect("the page");
            assert!(html.contains(&format!("<nav title=\"{next}\">")), "{html}");
            assert_eq!(html.contains("class=\"pdf-link\""), language == "zh", "{html}");
        }
    }

    #[test]
    fn a_word_that_mdbook_no_longer_says_is_refused() {
        let said = |words: &str| {
            let site = site(words);
            let pages = BTreeSet::from([PathBuf::from("start/a.html")]);
            let error = finish(site.path(), &edition("zh"), &site.path().join("zh"), &pages, false);
            error.expect_err("refused").to_string()
        };
        assert_eq!(said("Coal = \"煤黑\"\n"), "mdBook no longer says {\"Coal\"}: mend book/theme/chrome.zh.toml");
        let said = said("Coal: 煤黑\n");
        assert!(said == "book/theme/chrome.zh.toml", "{said}");
    }
}
