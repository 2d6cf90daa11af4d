//! What is in the tree, read once. Nothing here starts a process.

pub mod anchors;
pub mod archive;
pub mod bridge;
pub mod driver;
pub mod example;
pub mod files;
pub mod free_threaded;
pub mod lock;
pub mod messages;
pub mod page;
pub mod passages;
pub mod pattern;
pub mod problem;
pub mod pythons;
pub mod renaming;
pub mod terms;
pub mod today;
pub mod tree;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

pub use crate::repo::bridge::Bridge;
pub use crate::repo::example::ExampleCrate;
pub use crate::repo::lock::Lock;
pub use crate::repo::page::Page;
pub use crate::repo::pattern::{HAN, Pattern};
pub use crate::repo::problem::Problem;
pub use crate::repo::pythons::Release;
pub use crate::repo::today::Share;

use crate::repo::example::DRIVERS;
use crate::repo::page::Fence;
use crate::repo::tree::{Tree, inside};

/// The folders and files that pages, examples and checks are made of.
const READ: [&str; 6] = ["book", "book.toml", "Cargo.toml", "Cargo.lock", "ci", "examples"];

/// The tree as it was when it was read, with its pages and crates. A check is a function of this, and of nothing
/// else.
pub struct Repo {
    tree: Tree,
    /// The pages of both languages, English first.
    pub pages: Vec<Page>,
    /// In the order of bridge, topic and variant.
    pub crates: Vec<ExampleCrate>,
    pub exempt: Exempt,
}

/// Lock files, by their paths.
pub type Locks = BTreeMap<String, Lock>;

/// `book/exempt.toml`: what is not verified in the usual way, and why.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exempt {
    /// Files whose blocks are compiled but not run.
    pub no_run: BTreeMap<String, String>,
    /// Topics whose crates cannot run on Windows.
    pub not_on_windows: BTreeMap<String, String>,
}

impl Exempt {
    pub fn runs_here(&self, topic: &str) -> bool {
        !cfg!(windows) || !self.not_on_windows.contains_key(topic)
    }
}

impl Deref for Repo {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl Repo {
    pub fn load(root: &Path) -> Result<Self> {
        Self::of(root, files::read_all(root, READ)?)
    }

    /// A tree of these files, which need not be on a disk.
    pub fn of(root: &Path, files: files::Files) -> Result<Self> {
        let tree = Tree { root: root.to_path_buf(), files };
        Ok(Self {
            pages: page::LANGUAGES.iter().flat_map(|language| page::all(&tree, language)).collect(),
            crates: example::all(&tree)?,
            exempt: tree.table("book/exempt.toml")?,
            tree,
        })
    }

    /// Path inside the crate, and content, of its files. The drivers of blocks are the guide's, not the crate's.
    pub fn files_of(&self, example: &ExampleCrate) -> impl Iterator<Item = (&str, &[u8])> {
        self.below(&example.dir).filter(|(file, _)| !file.starts_with(DRIVERS))
    }

    /// The texts of those with one of these extensions.
    pub fn texts(&self, example: &ExampleCrate, extensions: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.files_of(example)
            .filter(|(file, _)| file.rsplit_once('.').is_some_and(|(_, end)| extensions.contains(&end)))
            .filter_map(|(file, content)| Some((file, std::str::from_utf8(content).ok()?)))
    }

    /// The names and contents of a crate's files, hashed, without the drivers of blocks.
    pub fn hash_of_crate(&self, example: &ExampleCrate) -> String {
        let is_own = |file: &str| inside(file, &example.dir).is_some_and(|file| !file.starts_with(DRIVERS));
        files::hash_of(self.files.iter().filter(|(file, _)| is_own(file)))
    }

    /// The lock files of all crates and bridges.
    pub fn locks(&self) -> Result<Locks> {
        let crates = self.crates.iter().map(ExampleCrate::lock);
        let files: BTreeSet<String> = crates.chain(Bridge::ALL.map(Bridge::lock)).collect();
        let parsed = files.into_iter().map(|file| {
            let lock = Lock::parse(self.must(&file)?).with_context(|| file.clone())?;
            Ok((file, lock))
        });
        parsed.collect()
    }

    /// The page of a language that is called `start/first-app`, or `start/first-app.md`.
    pub fn page(&self, language: &str, name: &str) -> Result<&Page> {
        let name = format!("{}.md", name.trim_end_matches(".md"));
        let page = self.pages.iter().find(|page| page.language == language && page.name == name);
        page.with_context(|| format!("book/{language}/{name}: no such page (write it like start/first-app)"))
    }

    pub fn pages_in(&self, language: &str) -> impl Iterator<Item = &Page> {
        self.pages.iter().filter(move |page| page.language == language)
    }

    /// The blocks of all pages.
    pub fn fences(&self) -> impl Iterator<Item = (&Page, &Fence)> {
        self.pages.iter().flat_map(|page| page.fences.iter().map(move |fence| (page, fence)))
    }

    /// The crate that a file is in.
    pub fn crate_of(&self, file: &str) -> Option<&ExampleCrate> {
        self.crates.iter().find(|example| inside(file, &example.dir).is_some())
    }

    pub fn crate_named(&self, name: &str) -> Option<&ExampleCrate> {
        self.crates.iter().find(|example| example.name() == name)
    }

    /// The variants of a topic, for one bridge: this crate is one of them.
    pub fn variants(&self, example: &ExampleCrate) -> impl Iterator<Item = &ExampleCrate> {
        self.crates.iter().filter(|other| (other.bridge, &other.topic) == (example.bridge, &example.topic))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A tree in memory; what every tree must have is added.
    pub fn tree(files: &[(&str, &str)]) -> Repo {
        let needed = [
            ("book/exempt.toml", ""),
            ("examples/pyo3-asyncio/older/tokio/Cargo.toml", "[package]\nname = \"older\"\n"),
            ("examples/first/tokio/Cargo.toml", "[package]\nname = \"first\"\n"),
        ];
        let all = needed.iter().chain(files);
        let all = all.map(|(file, text)| ((*file).to_owned(), text.as_bytes().to_vec()));
        Repo::of(Path::new("/tree"), all.collect()).expect("a tree")
    }

    #[test]
    fn the_files_of_a_folder_are_those_below_it_alone() {
        let repo = tree(&[("book/a/b.txt", "1"), ("book/ab.txt", "2"), ("book/a/c/d.txt", "3")]);
        let inside: Vec<&str> = repo.below("book/a").map(|(file, _)| file).collect();
        assert_eq!(inside, ["b.txt", "c/d.txt"]);
    }

    #[test]
    fn a_tree_without_crates_is_refused() {
        let files = BTreeMap::from([("book/exempt.toml".to_owned(), Vec::new())]);
        let error = Repo::of(Path::new("/tree"), files).err().expect("refused");
        assert_eq!(error.to_string(), "examples: no example crate found");
    }

    #[test]
    fn the_hash_of_a_crate_is_that_of_its_own_files() {
        let hash = |file: &str, text: &str| {
            let repo = tree(&[("examples/first/tokio/src/main.rs", "fn main() {}\n"), (file, text)]);
            repo.hash_of_crate(repo.crate_named("first/tokio").expect("there"))
        };
        let first = hash("examples/first/tokio/tests/blocks/a.rs", "// BLOCK\n");
        assert_eq!(hash("examples/first/tokio/tests/blocks/a.rs", "// Another BLOCK\n"), first);
        assert_eq!(hash("examples/first/tokio-2/src/main.rs", ""), first);
        assert_ne!(hash("examples/first/tokio/tests/a.rs", ""), first);
    }

    #[test]
    fn a_crate_is_found_by_its_name_and_by_its_files() {
        let repo = tree(&[]);
        let names: Vec<String> = repo.crates.iter().map(ExampleCrate::name).collect();
        assert_eq!(names, ["first/tokio", "pyo3-asyncio/older/tokio"]);
        let file = "examples/pyo3-asyncio/older/tokio/src/lib.rs";
        assert_eq!(repo.crate_of(file).map(ExampleCrate::name).as_deref(), Some("pyo3-asyncio/older/tokio"));
        assert!(repo.crate_of("book/en/a.md").is_none());
    }

    #[test]
    fn what_cannot_run_on_windows_runs_elsewhere() {
        let exempt: Exempt = toml::from_str("[not_on_windows]\nforks = \"Windows has no fork\"\n").expect("a table");
        assert_eq!(exempt.runs_here("forks"), !cfg!(windows));
        assert!(exempt.runs_here("signals") && Exempt::default().runs_here("forks"));
        assert!(exempt.no_run.is_empty());
        assert!(toml::from_str::<Exempt>("[not_on_linux]\n").is_err());
    }
}
