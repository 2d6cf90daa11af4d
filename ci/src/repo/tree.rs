//! The files of the tree, read once.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use crate::repo::files::{self, Files};

/// The content of each file that pages, examples and checks are made of, by its path from the root with `/`.
pub struct Tree {
    pub root: PathBuf,
    pub files: Files,
}

impl Tree {
    /// The text of a file, if it is there and is text.
    pub fn text(&self, file: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(file)?).ok()
    }

    pub fn bytes(&self, file: &str) -> Option<&[u8]> {
        self.files.get(file).map(Vec::as_slice)
    }

    pub fn has(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// The text of a file that must be there.
    pub fn must(&self, file: &str) -> Result<&str> {
        self.text(file).with_context(|| format!("{file}: missing, or not text"))
    }

    /// A file of TOML.
    pub fn table<T: DeserializeOwned>(&self, file: &str) -> Result<T> {
        toml::from_str(self.must(file)?).with_context(|| format!("{file} is malformed"))
    }

    /// Path inside the folder, and content, of all files below a folder.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.files.range(folder.to_owned()..).take_while(move |(file, _)| file.starts_with(folder));
        files.filter_map(move |(file, content)| Some((inside(file, folder)?, content.as_slice())))
    }

    /// The names and contents of files, and of all files in folders, hashed.
    pub fn hash_of<'a>(&self, places: impl IntoIterator<Item = &'a str>) -> String {
        let places: Vec<&str> = places.into_iter().collect();
        let is_inside = |file: &str| places.iter().any(|place| Path::new(file).starts_with(place));
        files::hash_of(self.files.iter().filter(|(file, _)| is_inside(file)))
    }

    /// The same of what is on the disk by now.
    pub fn hash_now<'a>(&self, places: impl IntoIterator<Item = &'a str>) -> Result<String> {
        Ok(files::hash_of(&files::read_all(&self.root, places)?))
    }
}

/// The path of a file inside a folder, if it is in there.
pub fn inside<'a>(file: &'a str, folder: &str) -> Option<&'a str> {
    file.strip_prefix(folder)?.strip_prefix('/')
}
