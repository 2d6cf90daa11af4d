//! What a reader sees: both languages through mdBook's Markdown renderer, block by block.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repo::bridge::{self, InExample};
use crate::repo::page::{self, Fence};
use crate::repo::{Page, files};
use crate::run::{Project, queue};

/// A fenced block of a page, with its includes resolved.
pub struct Block<'a> {
    pub page: &'a Page,
    pub fence: &'a Fence,
    /// The included file, from the repository's root.
    pub file: &'a str,
    /// The text as shown (and, for Rust, the hidden lines, which start with `# `).
    pub text: String,
}

impl<'a> Block<'a> {
    /// Bridge, topic, variant, and the path inside the crate, if the block shows a file of an example.
    pub fn example(&self) -> Option<InExample<'a>> {
        bridge::in_example(self.file)
    }

    /// Where it stands, for messages.
    pub fn at(&self) -> String {
        self.page.at(self.fence.line)
    }
}

/// The blocks of these pages, whose includes are in order. Others may have some that mdBook cannot resolve.
pub fn expand<'a>(project: &Project, pages: &[&'a Page], all_sound: bool) -> Result<Vec<Block<'a>>> {
    let out = project.copies.join("expanded");
    let expand = |language| -> Result<()> {
        let mut mdbook = mdbook(&project.repo.root, language, &out.join(language))?;
        // A block holds an include and nothing else: what the preprocessor writes stands around the blocks.
        mdbook.env("MDBOOK_PREPROCESSOR__GUIDE__RENDERERS", r#"["html"]"#);
        let log = render_markdown(mdbook).context(language)?;
        ensure!(!all_sound || !log.contains("ERROR"), "mdbook could not expand the {language} pages:\n{log}");
        Ok(())
    };
    let [english, chinese] = page::LANGUAGES;
    queue::both(|| expand(english), || expand(chinese))?;
    let mut blocks = Vec::new();
    for page in pages {
        let expanded = files::read(&out.join(&page.language).join(&page.name))?;
        blocks.extend(blocks_of(page, &expanded)?);
    }
    Ok(blocks)
}

/// The build of one language with this program as mdBook's preprocessor, whatever `book.toml` would start.
pub fn mdbook(root: &Path, language: &str, out: &Path) -> Result<Command> {
    let this = std::env::current_exe().context("this program does not know its own path")?;
    let this = this.display().to_string().replace('\\', "/");
    let mut command = Command::new("mdbook");
    command.args(["build", "--dest-dir"]).args([out, root]).current_dir(root);
    command.env("MDBOOK_PREPROCESSOR__GUIDE__COMMAND", format!("\"{this}\" preprocess"));
    command.env("MDBOOK_BOOK__SRC", format!("book/{language}"));
    Ok(command)
}

/// The build by mdBook's Markdown renderer; its log. It goes on after an include that it cannot resolve.
pub fn render_markdown(mut mdbook: Command) -> Result<String> {
    let output = mdbook.env("MDBOOK_OUTPUT", r#"{"markdown":{}}"#).output();
    let output = output.context("cannot start mdbook: start this through `ci/just`")?;
    let log = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    ensure!(output.status.success(), "mdbook could not expand the pages:\n{log}");
    Ok(log)
}

fn blocks_of<'a>(page: &'a Page, expanded: &str) -> Result<Vec<Block<'a>>> {
    let found = page::fences(&expanded.replace("\r\n", "\n"));
    let (file, ours, theirs) = (page.file(), page.fences.len(), found.len());
    ensure!(
        ours == theirs,
        "{file}: {ours} fences in the source but {theirs} in the expanded page: an included file has a fence in it"
    );
    let fences = page.fences.iter().zip(found);
    let blocks = fences.filter_map(|(fence, (_, _, text))| {
        let file = &fence.include.as_ref()?.file;
        Some(Block { page, fence, file, text })
    });
    Ok(blocks.collect())
}
