//! The rendered site: mdBook once a language, then what mdBook cannot do, then the search index.
//!
//! Everything is made in `target/site.new`; only a finished site takes the place of `target/site`.

pub mod blocks;
pub mod browser;
pub mod chrome;
pub mod csp;
pub mod downloads;
pub mod edition;
pub mod error_messages;
pub mod head;
pub mod index;
pub mod llms;
pub mod pdf;
pub mod plot;
pub mod preprocess;
pub mod status;
pub mod synonyms;
pub mod turning;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use crate::repo::{Repo, files};
use crate::results::record::Record;
use crate::run::command;
use crate::site::edition::{Edition, LANGUAGES, THEME};
use crate::verify::expand;

/// Builds both languages into `target/site`, with the landing page and, where Pagefind can be had, the index;
/// also a PDF of each language in `pdfs`, which needs Chromium, and a link to it in the menu bar.
///
/// With `GUIDE_RECORDED` set, a site without a record of these very sources is an error: what is
/// published must say what was verified.
pub fn build(repo: &Repo, pdfs: &[&str]) -> Result<()> {
    let root = &repo.root;
    let recorded = Record::of_these_sources(repo).is_some();
    ensure!(
        recorded || env::var_os("GUIDE_RECORDED").is_none(),
        "these sources have not been verified as a whole: run `ci/just test-examples` first"
    );
    let fresh = root.join("target/site.new");
    files::remove_if_there(&fresh)?;
    let editions = Edition::all(repo, &site_url())?;
    for edition in &editions {
        render(root, edition, &fresh.join(edition.language))?;
    }
    downloads::write(repo, &fresh)?;
    synonyms::write(repo, &fresh)?;
    let pages = common_pages(&fresh)?;
    for edition in &editions {
        let pdf = pdfs.contains(&edition.language);
        chrome::finish(root, edition, &fresh.join(edition.language), &pages, pdf)?;
    }
    add_plain_pages(root, &fresh)?;
    llms::write(repo, &fresh, &site_url())?;
    csp::add(&fresh)?;
    index::index(root, &fresh)?;
    if !pdfs.is_empty() {
        pdf::print_pdfs(root, &fresh, pdfs)?;
    }
    swap(&fresh, &root.join("target/site"))
}

/// Where the site will stand on its host, as a path: `/` unless `GUIDE_SITE_URL` says otherwise.
fn site_url() -> String {
    let url = env::var("GUIDE_SITE_URL").unwrap_or_default();
    format!("{}/", url.trim_end_matches('/'))
}

fn render(root: &Path, edition: &Edition, target: &Path) -> Result<()> {
    let output = expand::mdbook(root, edition.language, target)?
        .env("MDBOOK_BOOK__LANGUAGE", edition.words.text("site.language"))
        .env("MDBOOK_BOOK__TITLE", edition.words.text("site.title"))
        .env("MDBOOK_BOOK__DESCRIPTION", edition.words.text("site.description"))
        .env("MDBOOK_OUTPUT__HTML__SITE_URL", format!("{}{}/", edition.url, edition.language))
        .output()
        .context("mdbook could not be started; `ci/just build` installs it and sets PATH")?;
    // mdBook reports an include that is missing, or HTML that does not close, and still exits with 0.
    let log = command::text_of(&output);
    let complaints = log.contains(" WARN ") || log.contains("ERROR ");
    ensure!(output.status.success() && !complaints, "mdbook build of book/{}:\n{log}", edition.language);
    Ok(())
}

/// The pages of the site, relative to a language's folder; it is an error if one language lacks one.
fn common_pages(site: &Path) -> Result<BTreeSet<PathBuf>> {
    let pages = |language| -> Result<BTreeSet<PathBuf>> {
        let mut pages = files::within(&site.join(language))?;
        pages.retain(|page| page.extension().is_some_and(|end| end == "html"));
        Ok(pages)
    };
    let [english, chinese] = LANGUAGES.map(pages);
    let (english, chinese) = (english?, chinese?);
    let lonely: Vec<_> = english.symmetric_difference(&chinese).collect();
    ensure!(lonely.is_empty(), "pages in one language only: {lonely:?}");
    Ok(english)
}

/// The landing page, the page for unknown addresses, and the pictures of previews stand outside both books.
fn add_plain_pages(root: &Path, site: &Path) -> Result<()> {
    for (source, target) in [("landing.html", "index.html"), ("404.html", "404.html"), ("plain.css", "plain.css")] {
        let text = files::read(&root.join(THEME).join(source))?;
        let text = text.replace("{{base}}", &site_url());
        files::write_if_changed(&site.join(target), text.as_bytes())?;
    }
    for language in LANGUAGES {
        let picture = head::picture(language);
        let source = root.join(THEME).join(&picture);
        let content = fs::read(&source).with_context(|| source.display().to_string())?;
        files::write_if_changed(&site.join(&picture), &content)?;
    }
    // GitHub Pages would otherwise drop files that start with an underscore.
    files::write_if_changed(&site.join(".nojekyll"), b"")
}

/// Puts the finished site in the place of the old one.
fn swap(fresh: &Path, live: &Path) -> Result<()> {
    let old = live.with_extension("old");
    files::remove_if_there(&old)?;
    if live.exists() {
        fs::rename(live, &old).with_context(|| format!("moving {} aside", live.display()))?;
    }
    fs::rename(fresh, live).with_context(|| format!("moving {} to {}", fresh.display(), live.display()))?;
    files::remove_if_there(&old)
}

/// Every link and `#fragment` of the built site, between the editions too.
pub fn links(root: &Path) -> Result<()> {
    let site = root.join("target/site");
    let mut lychee = Command::new("lychee");
    lychee.args(["--offline", "--include-fragments", "--no-progress", "--exclude-path", "print.html", "--root-dir"]);
    let ended = command::run(lychee.args([&site, &site]))?;
    ensure!(ended.success, "a link of the built site is broken:\n{}", ended.text.trim_end());
    println!("{}", ended.text.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(page: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (file, text) in
            [("en/a.html", page), ("zh/a.html", "<h1 id=\"a\">A</h1>"), ("en/print.html", "<a href=\"lost\">")]
        {
            files::write_if_changed(&root.path().join("target/site").join(file), text.as_bytes()).expect("a page");
        }
        root
    }

    #[test]
    fn a_link_between_the_editions_must_lead_to_a_page_and_a_place_there() {
        links(site("<a href=\"../zh/a.html#a\">A</a>").path()).expect("it is there");
        for lost in ["../zh/b.html", "../zh/a.html#b"] {
            let error = links(site(&format!("<a href=\"{lost}\">A</a>")).path()).expect_err("it is not there");
            let error = error.to_string();
            assert!(error.starts_with("a link of the built site is broken:\n"), "{error}");
            assert!(error.contains(lost.trim_start_matches("../")), "{error}");
        }
    }

    #[test]
    fn a_page_in_one_language_only_is_refused() {
        let root = site("");
        let site = root.path().join("target/site");
        let error = common_pages(&site).expect_err("there is no print.html in Chinese");
        assert_eq!(error.to_string(), "pages in one language only: [\"print.html\"]");
        files::write_if_changed(&site.join("zh/print.html"), b"").expect("a page");
        let pages = common_pages(&site).expect("the same pages");
        assert_eq!(pages, ["a.html", "print.html"].map(PathBuf::from).into());
    }

    #[test]
    fn a_finished_site_takes_the_place_of_the_old_one() {
        let root = tempfile::tempdir().expect("a folder");
        let [fresh, live] = ["site.new", "site"].map(|name| root.path().join(name));
        for text in ["first", "second"] {
            files::write_if_changed(&fresh.join("a.html"), text.as_bytes()).expect("a page");
            files::write_if_changed(&fresh.join(text), b"").expect("a file");
            swap(&fresh, &live).expect("it moves");
            assert_eq!(files::read(&live.join("a.html")).expect("there"), text);
        }
        let left: Vec<String> =
            files::within(root.path()).expect("it").iter().map(|file| files::slashed(file)).collect();
        assert_eq!(left, ["site/a.html", "site/second"]);
        let error = swap(&fresh, &live).expect_err("there is no new one");
        assert!(error.to_string().starts_with("moving "), "{error}");
    }
}
