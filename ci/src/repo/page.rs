//! A Markdown page as its author writes it: sections, fences and the files they include.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TextMergeWithOffset};

use crate::repo::bridge::{InExample, in_example};
use crate::repo::{files, pattern::Pattern, problem::Problem, tree::Tree};

static INCLUDE: Pattern = Pattern::of(r"^\{\{#(include|rustdoc_include) ([^\s:}]+)(?::([^\s}]+))?\}\}$");

/// One Markdown file of one language.
pub struct Page {
    pub language: String,
    /// The path in its language's folder, such as `start/first-app.md`.
    pub name: String,
    pub text: String,
    pub fences: Vec<Fence>,
}

/// A fenced block as it stands in the source: its information string and what it includes.
pub struct Fence {
    pub line: usize,
    /// Its first word is the language.
    pub info: String,
    pub include: Option<Include>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Include {
    pub directive: String,
    /// The included file, from the repository's root, with `/`.
    pub file: String,
    pub anchor: Option<String>,
}

/// A heading and the text up to the next heading.
#[derive(Clone)]
pub struct Section {
    /// Empty if the heading has none.
    pub id: String,
    pub line: usize,
    pub text: String,
}

impl Page {
    pub fn of(language: &str, name: &str, text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let file = format!("book/{language}/{name}");
        let folder = Path::new(&file).parent().unwrap_or(Path::new(""));
        let fence = |(line, info, body): (_, _, String)| Fence { line, info, include: include(folder, &body) };
        let fences = fences(&text).into_iter().map(fence).collect();
        Self { language: language.to_owned(), name: name.to_owned(), text, fences }
    }

    /// `book/en/start/first-app.md`
    pub fn file(&self) -> String {
        format!("book/{}/{}", self.language, self.name)
    }

    /// `book/en/start/first-app.md:12`, as editors and terminals like it.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.file())
    }

    pub fn problem(&self, line: usize, what: impl Into<String>) -> Problem {
        Problem::at(self.file(), line, what)
    }

    /// What its Markdown consists of, with the line in which each thing begins.
    pub fn events(&self) -> impl Iterator<Item = (Event<'_>, usize)> {
        let breaks: Vec<usize> = self.text.match_indices('\n').map(|(at, _)| at).collect();
        parse(&self.text).map(move |(event, range)| (event, breaks.partition_point(|at| *at < range.start) + 1))
    }

    pub fn includes(&self) -> impl Iterator<Item = &Include> {
        self.fences.iter().filter_map(|fence| fence.include.as_ref())
    }
}

impl Include {
    pub fn example(&self) -> Option<InExample<'_>> {
        in_example(&self.file)
    }
}

impl Fence {
    /// The words of its information string.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.info.split(',').map(str::trim)
    }

    pub fn language(&self) -> &str {
        self.words().next().unwrap_or_default()
    }
}

pub const LANGUAGES: [&str; 2] = ["en", "zh"];

/// The pages of a language, sorted by name; `SUMMARY.md` is not one.
pub fn all(tree: &Tree, language: &str) -> Vec<Page> {
    let folder = format!("book/{language}");
    let pages = tree.below(&folder).filter(|(name, _)| name.ends_with(".md") && *name != "SUMMARY.md");
    pages.map(|(name, text)| Page::of(language, name, &String::from_utf8_lossy(text))).collect()
}

/// The pages as the summary of a language lists them; none, if there is no summary.
pub fn order(tree: &Tree, language: &str) -> Vec<String> {
    let summary = tree.text(&format!("book/{language}/SUMMARY.md"));
    let link = |event| if let Event::Start(Tag::Link { dest_url, .. }) = event { Some(dest_url) } else { None };
    let links = parse(summary.unwrap_or_default()).filter_map(|(event, _)| link(event));
    links.map(|link| link.trim_start_matches("./").to_owned()).collect()
}

/// Line, information string and body of every fenced block of a Markdown text.
pub fn fences(text: &str) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut events = TextMergeWithOffset::new(parse(text));
    while let Some((event, range)) = events.next() {
        if let Event::Start(Tag::CodeBlock(kind)) = event {
            let info = if let CodeBlockKind::Fenced(info) = kind { info.to_string() } else { String::new() };
            let body =
                if let Some((Event::Text(body), _)) = events.next() { body.to_string() } else { String::new() };
            found.push((line_of(text, range.start), info, body));
        }
    }
    found
}

/// The sections of a text, in order.
pub fn sections(text: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut end = text.len();
    // From the last one up: each ends where the one below it begins.
    for (event, range) in parse(text).collect::<Vec<_>>().into_iter().rev() {
        if let Event::Start(Tag::Heading { id, .. }) = event {
            let id = id.map_or(String::new(), |id| id.to_string());
            let line = line_of(text, range.start);
            sections.push(Section { id, line, text: text[range.start..end].to_owned() });
            end = range.start;
        }
    }
    sections.reverse();
    sections
}

/// The text with `,file:PATH` in the information string of each block that shows a file of an example.
pub fn with_files(text: &str, folder: &Path) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (line, _, body) in fences(text) {
        if let Some(include) = include(folder, &body).filter(|include| include.example().is_some()) {
            lines[line - 1].push_str(&format!(",file:{}", include.file));
        }
    }
    lines.join("\n") + "\n"
}

/// The Markdown of mdBook: tables, footnotes, alerts, definition lists, heading attributes.
pub fn parse(text: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM;
    Parser::new_ext(text, options).into_offset_iter()
}

/// The Markdown of the first heading, without its id.
pub fn title(text: &str) -> &str {
    let heading = parse(text).find(|(event, _)| matches!(event, Event::Start(Tag::Heading { .. })));
    let line = heading.map_or("", |(_, range)| text[range].trim_start_matches('#').trim());
    line.split_once(" {#").map_or(line, |(title, _)| title)
}

/// The 1-based line of a byte offset.
pub fn line_of(text: &str, offset: usize) -> usize {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..offset]).count() + 1
}

fn include(folder: &Path, body: &str) -> Option<Include> {
    let parts = INCLUDE.captures(body.trim_end_matches('\n'))?;
    Some(Include {
        directive: parts[1].to_owned(),
        file: files::slashed(&normalized(&folder.join(&parts[2]))),
        anchor: parts.get(3).map(|anchor| anchor.as_str().to_owned()),
    })
}

/// Resolves `..` by name alone, for paths inside the repository.
pub fn normalized(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_knows_the_file_it_includes_from_the_root() {
        let found = include(
            Path::new("book/en/start"),
            "{{#rustdoc_include ../../../examples/rust-app/tokio/src/main.rs:main}}\n",
        )
        .expect("an include");
        assert_eq!(found.file, "examples/rust-app/tokio/src/main.rs");
        assert_eq!(found.anchor.as_deref(), Some("main"));
    }

    #[test]
    fn typed_code_is_not_an_include() {
        assert_eq!(include(Path::new("book/en"), "fn main() {}\n"), None);
        assert_eq!(include(Path::new("book/en"), "{{#include a.rs}}\nfn more() {}\n"), None);
    }

    #[test]
    fn a_block_is_told_the_file_that_it_shows() {
        let text =
            "# T\n\n```rust,skt-a\n{{#include ../../../examples/a/b/src/lib.rs:x}}\n```\n\n```toml\na = 1\n```";
        let told = with_files(text, Path::new("book/en/start"));
        assert_eq!(told.lines().nth(2), Some("```rust,skt-a,file:examples/a/b/src/lib.rs"));
        assert_eq!(told.lines().nth(6), Some("```toml"));
    }

    #[test]
    fn fences_are_found_with_their_lines() {
        let found = fences("# T\n\n```rust,no_run\nfn a() {}\n```\n\n- x\n\n  ```toml\n  a = 1\n  ```\n");
        assert_eq!(found[0], (3, "rust,no_run".to_owned(), "fn a() {}\n".to_owned()));
        assert_eq!((found[1].0, found[1].2.as_str()), (9, "a = 1\n"));
    }

    #[test]
    fn a_title_keeps_its_code_so_that_underscores_stay() {
        assert_eq!(title("# `__aenter__` in Rust {#enter}\n<!-- en: 1 -->\n\n## B {#b}\n"), "`__aenter__` in Rust");
        assert_eq!(title("text\n\n# A *B*\n"), "A *B*");
        assert_eq!(title("no heading"), "");
    }
}
