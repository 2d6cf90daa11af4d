//! What the site offers of an example crate: its folder as a zip, and each of its files as plain text.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use pulldown_cmark::{Event, Tag, TagEnd};

use crate::check::tested_by;
use crate::repo::{ExampleCrate, Page, Repo, archive, files, page, words::Words};
use crate::site::edition::repository;

/// The id of the place that offers a page's crates.
pub const ANCHOR: &str = "download";

/// The page that says which versions fit, in a language's folder.
const VERSIONS: &str = "start/versions.md";

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
    let up = "../".repeat(page.name.matches('/').count());
    let download = words.say("status.download").put("versions", format!("{up}{VERSIONS}")).done();
    let repository = repository(repo);
    let line = |example: &&ExampleCrate| {
        let (name, zip) = (example.name(), archive::zip_name(&example.name()));
        let source = repository.as_ref().map_or(String::new(), |url| {
            format!(" ([{}]({url}/tree/HEAD/{}))", words.text("status.source"), example.dir)
        });
        format!("- [`{name}`]({up}../crates/{zip}){source}: `{}`", build_command(example, &zip))
    };
    format!("{download}\n\n{}", crates.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Has the first place where a page names the folder of a crate lead to its zip, at the page's end.
pub fn linked(repo: &Repo, page: &Page, text: &str) -> String {
    let mut names: BTreeSet<String> = tested_by::crates_of(repo, page).into_iter().collect();
    let mut linked = String::new();
    let mut rest = 0;
    // Where a link or a heading has begun.
    let mut inside = 0;
    for (event, range) in page::parse(text) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Heading { .. }) => inside += 1,
            Event::End(TagEnd::Link | TagEnd::Heading(_)) => inside -= 1,
            Event::Code(code)
                if inside == 0 && code.strip_prefix("examples/").is_some_and(|name| names.remove(name)) =>
            {
                linked.push_str(&format!("{}[{}](#{ANCHOR})", &text[rest..range.start], &text[range.clone()]));
                rest = range.end;
            }
            _ => {}
        }
    }
    linked + &text[rest..]
}

/// What unpacks a zip and builds what is in it, in any shell, and leaves the reader in the folder in which the
/// commands of the pages run.
fn build_command(example: &ExampleCrate, zip: &str) -> String {
    let folder = zip.trim_end_matches(".zip");
    let build = if example.is_native_module { "pip install maturin && maturin develop" } else { "cargo build" };
    format!("python -m zipfile -e {zip} . && cd {folder} && {build}")
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
            "下载本页的 crate（zip 文件）。旁边的命令会解压、进入目录并完成构建，本页的其他命令也在这个目录里运行。你需要 \
             [Rust](https://rust-lang.org/zh-CN/tools/install/) 1.85 或更新的版本，以及已激活的虚拟环境里的 Python\
             （[哪些版本](../start/versions.md)）：\n\n\
             - [`first/tokio`](../../crates/first-tokio.zip): `python -m zipfile -e first-tokio.zip . && \
             cd first-tokio && cargo build`"
        );
    }

    #[test]
    fn the_first_mention_of_a_folder_leads_to_its_zip() {
        let text = format!(
            "# `examples/first/tokio` {{#first}}\n\n[`examples/first/tokio`](a.md), then `examples/first/tokio`, and \
             `examples/first/tokio` or `examples/other/tokio`.\n\n{SHOWN}"
        );
        let repo = tree(&[("book/en/start/first.md", &text), ("examples/first/tokio/src/lib.rs", "")]);
        let page = repo.pages_in("en").next().expect("a page");
        let wanted = text.replace("then `examples/first/tokio`", "then [`examples/first/tokio`](#download)");
        assert_eq!(linked(&repo, page, &text), wanted);
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
