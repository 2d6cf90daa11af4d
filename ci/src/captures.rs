//! The captures of a crate (`*.console`): which of them is compared on which Python, and by which rules.
//!
//! `NAME.console` is for every Python, until `NAME.py3.14.console` takes its place from 3.14 on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::project::{self, ExampleCrate};
use crate::rules::Rules;
use crate::transcripts::{self, Step};

/// One capture, as it is compared on the Python in use.
pub struct Capture {
    pub path: PathBuf,
    pub steps: Vec<Step>,
    pub rules: Rules,
}

impl Capture {
    fn load(path: PathBuf) -> Result<Self> {
        let steps = transcripts::parse(&project::read(&path)?)
            .with_context(|| path.display().to_string())?;
        let rules = Rules::beside(&path, &steps)?;
        Ok(Self { path, steps, rules })
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
        self.path
            .with_file_name(format!("{name}.py3.{minor}.console"))
    }
}

/// The captures of a crate that count on Python 3.`minor`.
pub fn of(example: &ExampleCrate, minor: u32) -> Result<Vec<Capture>> {
    let mut versions: BTreeMap<String, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    for path in example.files_with_extension("console")? {
        let (name, from) = parts(&path)?;
        versions.entry(name).or_default().insert(from, path);
    }
    versions
        .values()
        .map(|paths| choose(paths, minor))
        .collect()
}

/// The capture `NAME` in a folder, for Python 3.`minor`.
pub fn named(folder: &Path, name: &str, minor: u32) -> Result<Capture> {
    let path = (0..=minor)
        .rev()
        .map(|from| folder.join(format!("{name}.py3.{from}.console")))
        .find(|path| path.is_file());
    Capture::load(path.unwrap_or_else(|| folder.join(format!("{name}.console"))))
}

fn choose(paths: &BTreeMap<u32, PathBuf>, minor: u32) -> Result<Capture> {
    let all: Vec<Capture> = paths
        .values()
        .map(|path| Capture::load(path.clone()))
        .collect::<Result<_>>()?;
    let commands = |capture: &Capture| -> Vec<String> {
        capture
            .steps
            .iter()
            .map(|step| step.command.clone())
            .collect()
    };
    if let Some(other) = all.iter().find(|one| commands(one) != commands(&all[0])) {
        bail!(
            "{}: its commands are not those of {}",
            other.path.display(),
            all[0].file()
        );
    }
    let chosen = paths.range(..=minor).count().checked_sub(1);
    let chosen = chosen.filter(|_| paths.contains_key(&0)).with_context(|| {
        format!(
            "{}: there is no capture for older Pythons",
            all[0].path.display()
        )
    })?;
    all.into_iter()
        .nth(chosen)
        .context("one of them was chosen")
}

/// The name of a capture, and the minor version from which it counts: 0 without one.
pub fn parts(path: &Path) -> Result<(String, u32)> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let Some((name, version)) = stem.split_once('.') else {
        return Ok((stem.into_owned(), 0));
    };
    let minor = version
        .strip_prefix("py3.")
        .and_then(|minor| minor.parse().ok());
    let minor = minor.with_context(|| {
        format!(
            "{}: not NAME.console or NAME.py3.14.console",
            path.display()
        )
    })?;
    Ok((name.to_owned(), minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_counts_from_its_version_on() {
        let parts = |name: &str| parts(Path::new(name)).ok();
        assert_eq!(parts("x/install.console"), Some(("install".to_owned(), 0)));
        assert_eq!(
            parts("x/install.py3.14.console"),
            Some(("install".to_owned(), 14))
        );
        assert_eq!(parts("x/install.old.console"), None);
    }
}
