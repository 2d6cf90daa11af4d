//! The PDF of each language.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::run::command::text_of;
use crate::site::edition::Edition;

/// Puts a link to the PDF before that to the page for printing.
pub fn link_pdf(html: &str, page: &Path, edition: &Edition) -> String {
    let (up, words) = ("../".repeat(page.components().count()), edition.words.text("site.pdf"));
    let (start, name) = ("<a href=\"", "print.html\"");
    let print = format!("{start}{}{name}", &up[3..]);
    let link = format!(
        "<a class=\"pdf-link\" href=\"{up}{}\" title=\"{words}\" aria-label=\"{words}\">PDF</a>\n{print}",
        pdf_name(edition.language)
    );
    html.replacen(&print, &link, 1)
}

fn pdf_name(language: &str) -> String {
    format!("async-rust-and-python.{language}.pdf")
}

/// Prints these languages in Chromium, through ci/site/pdf.mjs.
pub fn print_pdfs(root: &Path, site: &Path, languages: &[&str]) -> Result<()> {
    println!("printing the PDF of {}", languages.join(" and "));
    let files = languages.iter().map(|language| format!("{language}={}", pdf_name(language)));
    let output = Command::new("node")
        .arg(root.join("ci/site/pdf.mjs"))
        .arg(site)
        .args(files)
        .output()
        .context("node was not found; install Node.js 20 or newer (https://nodejs.org)")?;
    ensure!(output.status.success(), "the PDFs could not be printed:\n{}", text_of(&output).trim_end());
    Ok(())
}
