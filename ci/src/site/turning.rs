//! The links to the page before and the page after, at the end of a page: with the title of where they lead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::repo::{Pattern, page};
use crate::results;
use crate::site::head;

/// Such a link, whose only content is an arrow.
static LINK: Pattern = Pattern::of(
    r#"(?s)(<a rel="(?:prev|next prefetch)" href="([^"]*)" class="mobile-nav-chapters (previous|next)" title="[^"]*") aria-label="[^"]*"([^>]*>)(.*?)</a>"#,
);

/// The titles of the pages of a language, by their path in its folder.
pub type Titles = BTreeMap<PathBuf, String>;

/// The titles of these pages, which are still as mdBook made them.
pub fn titles<'a>(pages: impl Iterator<Item = (&'a PathBuf, &'a str)>) -> Titles {
    let title = |(page, html): (&'a PathBuf, &str)| {
        let (_, content) = html.split_once("<main>")?;
        Some((page.clone(), head::heading(content)?))
    };
    pages.filter_map(title).collect()
}

/// Puts the titles into the links of a page, beside their arrows.
pub fn name_neighbours(tail: &str, page: &Path, titles: &Titles) -> Result<String> {
    results::try_replaced(&LINK, tail, |found| {
        let target = page::normalized(&page.parent().unwrap_or(Path::new("")).join(&found[2]));
        let title = titles.get(&target).with_context(|| format!("{} has no title", target.display()))?;
        let (arrow, title) = (found[5].trim(), format!("<span>{title}</span>"));
        let inside = if &found[3] == "next" { format!("{title} {arrow}") } else { format!("{arrow} {title}") };
        Ok(format!("{}{}{inside}</a>", &found[1], &found[4]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKS: &str = "<a rel=\"prev\" href=\"../index.html\" class=\"mobile-nav-chapters previous\" title=\"P\" \
                         aria-label=\"P\" aria-keyshortcuts=\"Left\">\n <svg/>\n</a>\
                         <a rel=\"next prefetch\" href=\"../core/b.html\" class=\"mobile-nav-chapters next\" \
                         title=\"N\" aria-label=\"N\"><svg/></a><a rel=\"prev\" class=\"nav-chapters\">x</a>";

    #[test]
    fn a_link_says_the_title_of_the_page_it_leads_to() {
        let pages = [("index.html", "Guide"), ("core/b.html", "The <code>b</code>")];
        let pages = pages.map(|(page, title)| (PathBuf::from(page), format!("<main><h1 id=\"a\">{title}</h1>")));
        let titles = titles(pages.iter().map(|(page, html)| (page, html.as_str())));
        let html = name_neighbours(LINKS, Path::new("start/a.html"), &titles).expect("both are there");
        let next =
            "href=\"../core/b.html\" class=\"mobile-nav-chapters next\" title=\"N\"><span>The b</span> <svg/></a>";
        assert!(
            html.contains("aria-keyshortcuts=\"Left\"><svg/> <span>Guide</span></a>") && html.contains(next),
            "{html}"
        );
        assert!(html.ends_with("<a rel=\"prev\" class=\"nav-chapters\">x</a>"), "{html}");
        let error = name_neighbours(LINKS, Path::new("start/a.html"), &Titles::new()).expect_err("no titles");
        assert_eq!(error.to_string(), "index.html has no title");
    }
}
