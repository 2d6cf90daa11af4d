//! The captures of a crate (`*.console`): which of them is compared on which Python, and by which rules.
//!
//! `NAME.console` is for every Python, until `NAME.py3.14.console` takes its place from 3.14 on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::repo::example::ExampleCrate;
use crate::repo::files;
use crate::verify::rules::Rules;
use crate::verify::transcript::{self, Entry};

/// One capture, as it is compared on the Python in use.
pub struct Capture {
    pub path: PathBuf,
    pub entries: Vec<Entry>,
    pub rules: Rules,
}

impl Capture {
    fn load(path: PathBuf) -> Result<Self> {
        let entries = transcript::parse(&files::read(&path)?).with_context(|| path.display().to_string())?;
        let rules = Rules::beside(&path, &entries)?;
        Ok(Self { path, entries, rules })
    }

    /// The name of its file.
    pub fn file(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The file for this output from Python 3.`minor` on.
    pub fn path_from(&self, minor: u32) -> PathBuf {
        let file = self.file();
        let name = file.split('.').next().unwrap_or_default();
        self.path.with_file_name(format!("{name}.py3.{minor}.console"))
    }
}

/// The captures of a crate that count on Python 3.`minor`.
pub fn of(example: &ExampleCrate, minor: u32) -> Result<Vec<Capture>> {
    let mut versions: BTreeMap<String, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    for path in beside(&example.folder)? {
        let (name, from) = parts(&path)?;
        versions.entry(name).or_default().insert(from, path);
    }
    versions.values().map(|paths| choose(paths, minor)).collect()
}

/// The captures beside a crate's manifest.
pub fn beside(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = files::within(folder)?.into_iter();
    let captures = files.filter(|file| file.components().count() == 1);
    let captures = captures.filter(|file| file.extension().is_some_and(|end| end == "console"));
    Ok(captures.map(|file| folder.join(file)).collect())
}

/// The capture `NAME` in a folder, for Python 3.`minor`.
pub fn named(folder: &Path, name: &str, minor: u32) -> Result<Capture> {
    let path =
        (0..=minor).rev().map(|from| folder.join(format!("{name}.py3.{from}.console"))).find(|path| path.is_file());
    Capture::load(path.unwrap_or_else(|| folder.join(format!("{name}.console"))))
}

fn choose(paths: &BTreeMap<u32, PathBuf>, minor: u32) -> Result<Capture> {
    let all: Vec<Capture> = paths.values().map(|path| Capture::load(path.clone())).collect::<Result<_>>()?;
    let commands =
        |capture: &Capture| -> Vec<String> { capture.entries.iter().map(|entry| entry.command.clone()).collect() };
    if let Some(other) = all.iter().find(|one| commands(one) != commands(&all[0])) {
        bail!("{}: its commands are not those of {}", other.path.display(), all[0].file());
    }
    let chosen = paths.range(..=minor).count().checked_sub(1);
    let chosen = chosen
        .filter(|_| paths.contains_key(&0))
        .with_context(|| format!("{}: there is no capture for older Pythons", all[0].path.display()))?;
    all.into_iter().nth(chosen).context("one of them was chosen")
}

/// The name of a capture, and the minor version from which it counts: 0 without one.
pub fn parts(path: &Path) -> Result<(String, u32)> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let Some((name, version)) = stem.split_once('.') else {
        return Ok((stem.into_owned(), 0));
    };
    let minor = version.strip_prefix("py3.").and_then(|minor| minor.parse().ok());
    let minor = minor.with_context(|| format!("{}: not NAME.console or NAME.py3.14.console", path.display()))?;
    Ok((name.to_owned(), minor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn a_capture_counts_from_its_version_on() {
        let parts = |name: &str| parts(Path::new(name)).ok();
        assert_eq!(parts("x/install.console"), Some(("install".to_owned(), 0)));
        assert_eq!(parts("x/install.py3.14.console"), Some(("install".to_owned(), 14)));
        assert_eq!(parts("x/install.old.console"), None);
    }

    const HELLO: &str = "$ python3 a.py\nhello\n";

    /// The captures of a crate with these files, on Python 3.`minor`: a line for each with its file and its output.
    fn chosen(captures: &[(&str, &str)], minor: u32) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in captures {
            files::write_if_changed(&folder.path().join(file), text.as_bytes()).expect("a file");
        }
        let mut example = tree(&[]).crates.remove(0);
        example.folder = folder.path().to_path_buf();
        let captures = of(&example, minor).map_err(|error| {
            let text = format!("{error:#}").replace(&format!("{}/", folder.path().display()), "");
            anyhow::Error::msg(text)
        })?;
        Ok(captures.iter().map(|one| format!("{}: {}", one.file(), one.entries[0].output.trim_end())).collect())
    }

    #[test]
    fn the_newest_capture_that_counts_is_compared() {
        let files = [
            ("a.console", HELLO),
            ("a.py3.9.console", "$ python3 a.py\nnine\n"),
            ("a.py3.14.console", "$ python3 a.py\nfourteen\n"),
            ("b.console", "$ python3 b.py\nb\n"),
            ("tests/c.console", "below"),
            ("a.py", ""),
        ];
        let on = |minor: u32| chosen(&files, minor).expect("captures").join(", ");
        assert_eq!(on(8), "a.console: hello, b.console: b");
        assert_eq!(on(13), "a.py3.9.console: nine, b.console: b");
        assert_eq!(on(14), "a.py3.14.console: fourteen, b.console: b");
        assert_eq!(on(15), on(14));
    }

    #[test]
    fn captures_of_one_name_have_the_same_commands_and_one_is_for_older_pythons() {
        let said = |files: &[(&str, &str)]| chosen(files, 14).expect_err("refused").to_string();
        assert_eq!(
            said(&[("a.console", HELLO), ("a.py3.14.console", "$ python3 b.py\n")]),
            "a.py3.14.console: its commands are not those of a.console"
        );
        assert_eq!(said(&[("a.py3.14.console", HELLO)]), "a.py3.14.console: there is no capture for older Pythons");
        assert_eq!(said(&[("a.old.console", HELLO)]), "a.old.console: not NAME.console or NAME.py3.14.console");
        assert_eq!(said(&[("a.console", "hello\n")]), "a.console: line 1: a transcript begins with `$ command`");
    }

    #[test]
    fn a_capture_is_found_by_its_name_and_tells_that_of_a_newer_one() {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in [("a.console", HELLO), ("a.py3.12.console", "$ python3 a.py\ntwelve\n")] {
            files::write_if_changed(&folder.path().join(file), text.as_bytes()).expect("a file");
        }
        let named = |minor: u32| named(folder.path(), "a", minor).expect("there");
        assert_eq!((named(11).file(), named(13).file()), ("a.console".to_owned(), "a.py3.12.console".to_owned()));
        assert_eq!(named(13).path_from(14), folder.path().join("a.py3.14.console"));
        assert_eq!(named(11).path_from(14), folder.path().join("a.py3.14.console"));
        let error = super::named(folder.path(), "b", 11).err().expect("not there");
        assert!(error.to_string().ends_with("b.console"), "{error}");
    }
}
