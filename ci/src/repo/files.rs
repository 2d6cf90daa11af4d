//! Files: which of them somebody wrote, their text, and their hash.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ignore::WalkBuilder;
use sha2::{Digest, Sha256};

use crate::repo::pattern::Pattern;

/// The content of files, by their paths with `/`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What tools leave behind, by the names of its files and folders: none of it is copied, hashed or published.
static LEFT_BEHIND: Pattern = Pattern::of(concat!(
    r"^(?:\.git|target|\.venv.*|node_modules|__pycache__|\.(?:pytest|mypy|ruff)_cache|\.idea|\.vscode|\.DS_Store)$",
    r"|\.(?:so|pyd|dylib|swp|orig)$|~$",
));

/// The files below a folder that somebody wrote, relative to it; none, if there is no such folder.
pub fn within(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let files = below(folder)?.into_iter();
    files.map(|file| Ok(file.strip_prefix(folder)?.to_path_buf())).collect()
}

/// The whole paths of them, or of the one file that it is.
pub fn below(place: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    if place.exists() {
        let mut walk = WalkBuilder::new(place);
        walk.standard_filters(false)
            .filter_entry(|entry| !LEFT_BEHIND.is_match(&entry.file_name().to_string_lossy()));
        for entry in walk.build() {
            let entry = entry.with_context(|| format!("cannot list {}", place.display()))?;
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                files.insert(entry.into_path());
            }
        }
    }
    Ok(files)
}

/// The repository's folder: the nearest one above the current folder that has a `book.toml`.
pub fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("no current folder")?;
    here.ancestors()
        .find(|folder| folder.join("book.toml").is_file())
        .map(Path::to_path_buf)
        .with_context(|| format!("{}: not inside the guide's repository (no book.toml)", here.display()))
}

/// A relative path with `/` on every system.
pub fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file only if its content changes, so that build tools see no newer file.
pub fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The SHA-256 of a text, in hexadecimal.
pub fn hash(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

/// The content of these files and of all below these folders, by the path from the root.
pub fn read_all(root: &Path, places: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Files> {
    let mut all = Files::new();
    for place in places {
        for path in below(&root.join(place))? {
            let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            all.insert(slashed(path.strip_prefix(root)?), content);
        }
    }
    Ok(all)
}

/// Names and contents, hashed.
pub fn hash_of<'a>(files: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>) -> String {
    let mut hash = Sha256::new();
    for (file, content) in files {
        hash.update(format!("{file}\n{}\n", content.len()));
        hash.update(content);
    }
    format!("{:x}", hash.finalize())
}

/// Removes a file, or a folder with all that is in it.
pub fn remove_if_there(path: &Path) -> Result<()> {
    match if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) } {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("cannot remove {}", path.display())),
    }
}

/// Makes `to` hold the sources of `from`, and nothing else that an author wrote.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let wanted = within(from)?;
    for path in within(to)?.difference(&wanted).filter(|path| *path != Path::new("Cargo.lock")) {
        remove_if_there(&to.join(path))?;
    }
    for path in wanted {
        let content = fs::read(from.join(&path)).with_context(|| format!("cannot read {}", path.display()))?;
        write_if_changed(&to.join(&path), &content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_and_editors_leave_behind_is_no_source() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in [
            "src/lib.rs",
            ".gitignore",
            "python/a/py.typed",
            ".venv/bin/python",
            ".venv-3.9/pyvenv.cfg",
            "target/debug/a",
            "tests/__pycache__/a.pyc",
            "python/a/_native.so",
            ".DS_Store",
            "src/.lib.rs.swp",
            "src/lib.rs~",
            ".idea/a.xml",
        ] {
            write_if_changed(&folder.path().join(file), b"x").expect("a file");
        }
        let files = within(folder.path()).expect("a folder");
        let names: Vec<String> = files.iter().map(|file| slashed(file)).collect();
        assert_eq!(names, [".gitignore", "python/a/py.typed", "src/lib.rs"]);
    }

    #[test]
    fn a_copy_loses_what_its_original_lost_and_keeps_its_lock_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        for file in ["a", "b/c", "target/d"] {
            write_if_changed(&from.join(file), b"x").expect("a file");
        }
        for file in ["old", "Cargo.lock"] {
            write_if_changed(&to.join(file), b"y").expect("a file");
        }
        copy(&from, &to).expect("copied");
        let names: Vec<String> = within(&to).expect("there").iter().map(|file| slashed(file)).collect();
        assert_eq!(names, ["Cargo.lock", "a", "b/c"]);
    }

    #[test]
    fn a_hash_is_of_names_and_contents() {
        let of = |files: &[(&str, &str)]| {
            let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
            hash_of(&files.collect::<BTreeMap<_, _>>())
        };
        assert_eq!(of(&[("a", "1"), ("b", "2")]), of(&[("b", "2"), ("a", "1")]));
        assert_ne!(of(&[("a", "1")]), of(&[("b", "1")]));
        assert_ne!(of(&[("a", "1")]), of(&[("a", "2")]));
    }
}
