//! What a reader sees: both languages through mdBook's Markdown renderer, block by block.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::page::{self, Fence, Page};
use crate::project::{self, Project};
use crate::track::{self, InExample, Track};

/// A fenced block of a page, with its includes resolved.
pub struct Block {
    /// Where its fence stands in the source, for messages.
    pub at: String,
    pub language: String,
    /// The information string of the fence.
    pub info: String,
    /// The language of the code, its first word.
    pub kind: String,
    /// The included file, from the repository's root.
    pub file: String,
    /// The text as shown (and, for Rust, the hidden lines, which start with `# `).
    pub text: String,
}

impl Block {
    /// Track, topic, variant, and the path inside the crate, if the block shows a file of an example.
    pub fn example(&self) -> Option<InExample<'_>> {
        track::in_example(&self.file)
    }

    pub fn track(&self) -> Track {
        self.example()
            .map_or(Track::Current, |example| example.track)
    }
}

/// An expanded page.
pub struct Expanded {
    pub blocks: Vec<Block>,
}

/// Expands every page. The pages must have passed the check of their includes.
pub fn expand(project: &Project, pages: &[Page]) -> Result<Vec<Expanded>> {
    let out = project.copies.join("expanded");
    for language in project::LANGUAGES {
        run_mdbook(&project.root, language, &out.join(language))?;
    }
    pages.iter().map(|page| expanded(&out, page)).collect()
}

/// mdBook's Markdown renderer on one language.
pub fn run_mdbook(root: &Path, language: &str, out: &Path) -> Result<()> {
    let output = project::mdbook(root)?
        .args(["build", "--dest-dir"])
        .arg(out)
        .arg(root)
        .env("MDBOOK_BOOK__SRC", format!("book/{language}"))
        .env("MDBOOK_OUTPUT", r#"{"markdown":{}}"#)
        .output()
        .context("cannot start mdbook: start this through `ci/just`")?;
    let log = String::from_utf8_lossy(&output.stderr);
    // mdBook goes on after an include that it cannot resolve.
    if !output.status.success() || log.contains("ERROR") {
        bail!(
            "mdbook could not expand the {language} pages:\n{}",
            log.trim_end()
        );
    }
    Ok(())
}

fn expanded(out: &Path, page: &Page) -> Result<Expanded> {
    let path = out.join(&page.language).join(&page.name);
    let text = project::read(&path)?.replace("\r\n", "\n");
    let found = page::fences(&text);
    if found.len() != page.fences.len() {
        bail!(
            "book/{}/{}: {} fences in the source but {} in the expanded page: an included file has a fence in it",
            page.language,
            page.name,
            page.fences.len(),
            found.len()
        );
    }
    let blocks = page
        .fences
        .iter()
        .zip(found)
        .filter_map(|(fence, (_, _, text))| block(page, fence, text))
        .collect();
    Ok(Expanded { blocks })
}

fn block(page: &Page, fence: &Fence, text: String) -> Option<Block> {
    let include = fence.include.as_ref()?;
    Some(Block {
        at: page.at(fence.line),
        language: page.language.clone(),
        info: fence.info.clone(),
        kind: fence.language().to_owned(),
        file: include.file.clone(),
        text,
    })
}
