//! Permanent links: an address that was published stays, or leads on.
//!
//! `book/permanent.txt` lists every page and section that ever was; both editions have the same ones.
//! One that is gone needs a redirect in `book.toml`, under `[output.html.redirect]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Tag};
use toml::{Table, Value};

use crate::page::{self, Page};
use crate::project;
use crate::track::in_example;

const LIST: &str = "book/permanent.txt";

/// Addresses that are gone without a redirect, redirects to nowhere, and addresses not yet listed.
pub fn problems(root: &Path, pages: &[Page]) -> Result<Vec<String>> {
    let (kept, now, redirects) = (kept(root)?, addresses(pages), redirects(root)?);
    let mut problems = Vec::new();
    for gone in kept.difference(&now) {
        if !redirects.contains_key(gone) {
            problems.push(format!(
                "book.toml: {gone} was published and is gone: it needs a line in [output.html.redirect]"
            ));
        }
    }
    for (from, to) in &redirects {
        if !now.contains(to) {
            problems.push(format!(
                "book.toml: the redirect of {from} leads to {to}, which is not there"
            ));
        }
    }
    for new in now.difference(&kept) {
        problems.push(format!("{LIST}: lacks {new}: `ci/just keep-links` adds it"));
    }
    Ok(problems)
}

/// Adds every address of today to the list; none is ever taken from it.
pub fn keep(root: &Path, pages: &[Page]) -> Result<()> {
    let (kept, now) = (kept(root)?, addresses(pages));
    let text: String = kept.union(&now).map(|line| format!("{line}\n")).collect();
    project::write_if_changed(&root.join(LIST), text.as_bytes())?;
    println!("{LIST}: {} added", now.difference(&kept).count());
    Ok(())
}

fn kept(root: &Path) -> Result<BTreeSet<String>> {
    let text = project::read(&root.join(LIST))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// `start/versions.html` and `start/versions.html#pins`, for every page, its headings and transcripts.
fn addresses(pages: &[Page]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for page in pages {
        let address = page.name.replace(".md", ".html");
        for (event, _) in page::parse(&page.text) {
            if let Event::Start(Tag::Heading { id: Some(id), .. }) = event {
                found.insert(format!("{address}#{id}"));
            }
        }
        let files = page
            .fences
            .iter()
            .filter_map(|fence| fence.include.as_ref());
        for id in files.filter_map(|include| in_example(&include.file)?.output_id()) {
            found.insert(format!("{address}#{id}"));
        }
        found.insert(address);
    }
    found
}

/// The redirects of the site, both sides from a language's folder.
fn redirects(root: &Path) -> Result<BTreeMap<String, String>> {
    let config: Table = toml::from_str(&project::read(&root.join("book.toml"))?)
        .context("book.toml is not TOML")?;
    let table = ["html", "redirect"]
        .iter()
        .try_fold(config.get("output"), |value, name| Some(value?.get(name)))
        .flatten()
        .and_then(Value::as_table);
    let plain = |address: &str| address.trim_start_matches('/').to_owned();
    Ok(table
        .into_iter()
        .flatten()
        .filter_map(|(from, to)| Some((plain(from), target(&plain(from), to.as_str()?))))
        .collect())
}

/// mdBook takes the target as a link of the old page: `../core/b.html` from `start/a.html`. One that
/// begins with `/` would leave the language's folder, and is found nowhere.
fn target(from: &str, to: &str) -> String {
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    project::slashed(&page::normalized(&folder.join(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_on_from_the_folder_of_the_old_page() {
        assert_eq!(target("start/a.html", "../core/b.html#c"), "core/b.html#c");
        assert_eq!(target("start/a.html", "b.html"), "start/b.html");
        assert_ne!(target("start/a.html", "/start/b.html"), "start/b.html");
    }
}
