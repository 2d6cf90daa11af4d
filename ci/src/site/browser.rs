//! The tests of the built site, which ci/site holds, in headless Chromium.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repo::{Page, Share, page::LANGUAGES};
use crate::results::whole_runs::WholeRuns;
use crate::run::project::Project;
use crate::site::index;

/// The pages to look at, in every theme and width: `LANGUAGE/PART/TOPIC.html`, with spaces between.
const PAGES: &str = "GUIDE_PAGES";
/// The languages that have a PDF, with spaces between.
const PDFS: &str = "GUIDE_PDFS";

/// Builds the site and tests it: all of it, but of the PDFs and in the tests of single pages those whose turn it is.
pub fn test(project: &Project, share: Share) -> Result<()> {
    let mut pdfs = LANGUAGES.to_vec();
    share.retain(&mut pdfs, |_| true);
    super::build(&project.repo, &pdfs)?;
    let address = |page: &Page| format!("{}/{}", page.language, page.name.replace(".md", ".html"));
    let mut pages: Vec<String> = project.repo.pages.iter().map(address).collect();
    share.retain(&mut pages, |_| true);
    let mut npm = Command::new(index::NPM);
    npm.arg("--prefix").arg(project.repo.root.join("ci/site")).arg("test");
    npm.env(PAGES, pages.join(" ")).env(PDFS, pdfs.join(" "));
    let status = npm.status().context(index::NO_NPM)?;
    ensure!(status.success(), "the tests of the site failed");
    WholeRuns::record(&project.repo.root, "test-site", share, pages.len(), &project.python_version)
}
