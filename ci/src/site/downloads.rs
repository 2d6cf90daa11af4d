//! What the site offers of an example crate: its folder as a zip, and each of its files as plain text.

use std::path::Path;

use anyhow::Result;

use crate::check::tested_by;
use crate::repo::example::ExampleCrate;
use crate::repo::page::Page;
use crate::repo::words::Words;
use crate::repo::{Repo, archive, files};
use crate::site::source::Source;

/// Writes `crates/NAME.zip` of every crate, and `examples/…/FILE.txt` of every file of them.
///
/// Servers call a `.rs` file anything but text; with `.txt` a browser shows it.
pub fn write(repo: &Repo, site: &Path) -> Result<()> {
    for example in &repo.crates {
        let zip = site.join("crates").join(archive::zip_name(&example.name()));
        files::write_if_changed(&zip, &archive::pack(repo, example)?)?;
        let folder = site.join("examples").join(example.name());
        for (file, content) in repo.below(&example.dir) {
            files::write_if_changed(&folder.join(format!("{file}.txt")), content)?;
        }
    }
    Ok(())
}

/// The zips of the crates that a page shows, each with the command that unpacks and builds it, in Markdown.
pub fn of_page(repo: &Repo, page: &Page, words: &Words) -> String {
    let names = tested_by::crates_of(repo, page);
    let crates: Vec<&ExampleCrate> = names.iter().filter_map(|name| repo.crate_named(name)).collect();
    if crates.is_empty() {
        return String::new();
    }
    let up = "../".repeat(page.name.matches('/').count() + 1);
    let source = Source::of(repo);
    let lines = crates.into_iter().map(|example| line(example, &up, &source, words));
    format!("{}\n\n{}", words.text("status.download"), lines.collect::<Vec<_>>().join("\n"))
}

fn line(example: &ExampleCrate, up: &str, source: &Source, words: &Words) -> String {
    let (name, zip) = (example.name(), archive::zip_name(&example.name()));
    let source = source.folder(&example.dir).map(|url| format!(" ([{}]({url}))", words.text("status.source")));
    format!("- [`{name}`]({up}crates/{zip}){}: `{}`", source.unwrap_or_default(), build_command(example, &zip))
}

/// What unpacks a zip and builds what is in it, in any shell.
fn build_command(example: &ExampleCrate, zip: &str) -> String {
    let folder = zip.trim_end_matches(".zip");
    let build = match example.is_native_module {
        true => format!("python -m pip install ./{folder}"),
        false => format!("cargo build --manifest-path {folder}/Cargo.toml"),
    };
    format!("python -m zipfile -e {zip} . && {build}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const SHOWN: &str = "```rust\n{{#include ../../../examples/first/tokio/src/lib.rs}}\n```\n";

    fn said(config: &str) -> String {
        let page = format!("# First {{#first}}\n\n{SHOWN}");
        let repo = tree(&[
            ("book.toml", config),
            ("book/words.toml", include_str!("../../../book/words.toml")),
            ("book/zh/start/first.md", &page),
            ("examples/first/tokio/src/lib.rs", ""),
        ]);
        let page = repo.pages_in("zh").next().expect("a page");
        of_page(&repo, page, &Words::of(&repo, "zh").expect("words"))
    }

    #[test]
    fn the_crates_of_a_page_can_be_downloaded_and_built_with_one_command() {
        assert_eq!(
            said(""),
            "下载这一页的 crate；命令负责解压和构建：\n\n\
             - [`first/tokio`](../../crates/first-tokio.zip): `python -m zipfile -e first-tokio.zip . && \
             cargo build --manifest-path first-tokio/Cargo.toml`"
        );
    }

    #[test]
    fn a_crate_is_linked_to_the_repository_whose_address_is_set() {
        let text = said("[output.html]\ngit-repository-url = \"https://a.example/b\"\n");
        assert!(
            text.contains(".zip) ([在代码仓库里查看](https://a.example/b/tree/HEAD/examples/first/tokio)): "),
            "{text}"
        );
    }
}
