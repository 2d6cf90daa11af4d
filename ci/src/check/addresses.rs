//! Permanent links: an address that was published stays, or leads on.
//!
//! `book/permanent.txt` lists every page and section that ever was; both editions have the same ones.
//! One that is gone needs a redirect in `book.toml`, under `[output.html.redirect]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use toml::{Table, Value};

use crate::repo::{Problem, Repo, files, page};

const LIST: &str = "book/permanent.txt";

/// Addresses that are gone without a redirect, redirects to nowhere, and addresses not yet listed.
pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let (published, now, redirects) = (published(repo)?, addresses(repo), redirects(repo)?);
    let leads_on = |gone: &str| redirects.contains_key(gone) || moves_with_its_page(gone, &redirects, &now);
    let gone = published.difference(&now).filter(|gone| !leads_on(gone));
    let gone =
        gone.map(|gone| format!("{gone} was published and is gone: it needs a line in [output.html.redirect]"));
    let astray = redirects.iter().filter(|(_, to)| !now.contains(*to));
    let astray = astray.map(|(from, to)| format!("the redirect of {from} leads to {to}, which is not there"));
    let new = now.difference(&published).map(|new| format!("lacks {new}: `ci/just keep-links` adds it"));
    let of_config = gone.chain(astray).map(|what| Problem::new("book.toml", what));
    Ok(of_config.chain(new.map(|what| Problem::new(LIST, what))).collect())
}

/// mdBook's redirect of a whole page keeps the section that was asked for, so the new page must have it.
fn moves_with_its_page(gone: &str, redirects: &BTreeMap<String, String>, now: &BTreeSet<String>) -> bool {
    let moved = gone.split_once('#').and_then(|(page, id)| Some(format!("{}#{id}", redirects.get(page)?)));
    moved.is_some_and(|moved| now.contains(&moved))
}

/// Adds every address of today to the list; none is ever taken from it.
pub fn keep(repo: &Repo) -> Result<()> {
    let (published, now) = (published(repo)?, addresses(repo));
    let text: String = published.union(&now).map(|line| format!("{line}\n")).collect();
    files::write_if_changed(&repo.root.join(LIST), text.as_bytes())?;
    println!("{LIST}: {} added", now.difference(&published).count());
    Ok(())
}

fn published(repo: &Repo) -> Result<BTreeSet<String>> {
    Ok(repo.must(LIST)?.lines().map(str::to_owned).collect())
}

/// `start/versions.html` and `start/versions.html#pins`, for every page, its headings and transcripts.
fn addresses(repo: &Repo) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for page in &repo.pages {
        let address = page.name.replace(".md", ".html");
        let headings = page::sections(&page.text).into_iter().map(|section| section.id);
        let outputs = page.includes().filter_map(|include| include.example()?.output_id());
        let ids = headings.filter(|id| !id.is_empty()).chain(outputs);
        found.extend(ids.map(|id| format!("{address}#{id}")));
        found.insert(address);
    }
    found
}

/// The redirects of the site, both sides from a language's folder.
fn redirects(repo: &Repo) -> Result<BTreeMap<String, String>> {
    let config: Table = repo.table("book.toml")?;
    let table = config.get("output").and_then(|output| output.get("html")?.get("redirect")?.as_table());
    let redirect = |(from, to): (&String, &Value)| {
        let from = from.trim_start_matches('/');
        Some((from.to_owned(), target(from, to.as_str()?)))
    };
    Ok(table.into_iter().flatten().filter_map(redirect).collect())
}

/// mdBook takes the target as a link of the old page: `../core/b.html` from `start/a.html`. One that
/// begins with `/` would leave the language's folder, and is found nowhere.
fn target(from: &str, to: &str) -> String {
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    files::slashed(&page::normalized(&folder.join(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_moves_with_its_page_if_the_new_page_has_it() {
        let redirects = BTreeMap::from([("start/a.html".to_owned(), "core/a.html".to_owned())]);
        let now = BTreeSet::from(["core/a.html".to_owned(), "core/a.html#kept".to_owned()]);
        assert!(moves_with_its_page("start/a.html#kept", &redirects, &now));
        assert!(!moves_with_its_page("start/a.html#lost", &redirects, &now));
        assert!(!moves_with_its_page("start/b.html#kept", &redirects, &now));
    }

    #[test]
    fn a_redirect_leads_on_from_the_folder_of_the_old_page() {
        assert_eq!(target("start/a.html", "../core/b.html#c"), "core/b.html#c");
        assert_eq!(target("start/a.html", "b.html"), "start/b.html");
        assert_ne!(target("start/a.html", "/start/b.html"), "start/b.html");
    }
}
