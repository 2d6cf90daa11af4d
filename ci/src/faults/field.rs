//! Plants a fault in a copy of the repository, and takes it out again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::faults::fault::Fault;
use crate::repo::bridge::Bridge;
use crate::repo::example::ExampleCrate;
use crate::repo::{Repo, files};
use crate::run::checkout::Checkout;

/// A checkout in which faults are planted, one at a time.
pub struct Field<'a>(pub Checkout<'a>);

impl Field<'_> {
    /// A fault proves nothing in a tree that fails without it.
    pub fn must_be_sound(&self) -> Result<()> {
        let (success, said) = self.0.run("check", None, &self.0.project.builds)?;
        if !success {
            bail!("the copy fails before a fault is planted:\n{said}");
        }
        Ok(())
    }

    pub fn try_fault(&self, fault: &Fault) -> Result<()> {
        if let Some(step) = &fault.kept {
            self.keep(&fault.check, step)?;
        }
        let mut old = BTreeMap::new();
        let verdict = self.plant(fault, &mut old).and_then(|()| {
            let checks = self.checks_of(fault, old.keys())?;
            // The same builds: only what a fault changed is compiled again.
            self.0.run(&checks, fault.test(), &self.0.project.builds)
        });
        self.restore(old)?;
        match verdict? {
            (true, _) => bail!("`guide {}` passed", fault.check),
            (false, said) if said.contains(&fault.says) => Ok(()),
            (false, said) => {
                bail!("`guide {}` failed without saying “{}”:\n{said}", fault.check, fault.says)
            }
        }
    }

    /// The checks that must catch a fault. Of a topic's crates only those run that the fault changes, one
    /// after the other until one fails: the others are what they were.
    fn checks_of<'p>(&self, fault: &Fault, changed: impl Iterator<Item = &'p PathBuf> + Clone) -> Result<String> {
        let words: Vec<&str> = fault.check.split(' ').collect();
        let ["test-examples", topic, "--only", only] = words.as_slice() else {
            return Ok(fault.check.clone());
        };
        let crates = Repo::load(&self.0.root)?.crates;
        let inside = |example: &ExampleCrate| {
            let mut changed = changed.clone();
            changed.any(|path| path.starts_with(&example.folder))
        };
        let of_crates: Vec<&ExampleCrate> = crates.iter().filter(|one| inside(one)).collect();
        let of_none = changed.clone().any(|path| !of_crates.iter().any(|one| path.starts_with(&one.folder)));
        if of_none {
            return Ok(fault.check.clone());
        }
        let checks: Vec<String> = of_crates
            .iter()
            .filter(|example| example.topic == *topic)
            .map(|example| format!("test-examples {} --only {only}", example.name()))
            .collect();
        Ok(checks.join("+"))
    }

    /// Runs a check until it shows that a pass of this step is kept: the second time at the latest.
    fn keep(&self, check: &str, step: &str) -> Result<()> {
        let is_kept = |said: &str| {
            let mut kept = said.lines().filter(|line| line.contains("] kept "));
            kept.any(|line| line.contains(step))
        };
        let mut said = String::new();
        for _ in 0..2 {
            said = self.0.run(check, None, &self.0.project.builds)?.1;
            if is_kept(&said) {
                return Ok(());
            }
        }
        bail!("`guide {check}` did not keep “{step}” before the fault was planted:\n{said}")
    }

    /// Makes the edits and remembers what was there (nothing, for a new file).
    fn plant(&self, fault: &Fault, old: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) -> Result<()> {
        for edit in fault.edits() {
            for path in self.paths(&edit.file)? {
                let before = fs::read(&path).ok();
                let text = before.as_deref().and_then(|text| std::str::from_utf8(text).ok());
                let after = edit.text(text).with_context(|| path.display().to_string())?;
                old.entry(path.clone()).or_insert(before);
                match after {
                    Some(text) => files::write_if_changed(&path, text.as_bytes())?,
                    None => files::remove_if_there(&path)?,
                }
            }
        }
        Ok(())
    }

    fn restore(&self, old: BTreeMap<PathBuf, Option<Vec<u8>>>) -> Result<()> {
        for (path, content) in old {
            match content {
                Some(content) => files::write_if_changed(&path, &content)?,
                None => {
                    fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
                    // A folder that held only this file goes with it: it fails to be removed otherwise.
                    path.ancestors().skip(1).take_while(|folder| fs::remove_dir(folder).is_ok()).count();
                }
            }
        }
        Ok(())
    }

    /// The files that a path with `*` for the variant names, and their twins with the other bridge.
    fn paths(&self, file: &str) -> Result<Vec<PathBuf>> {
        let files = match file.split_once("/*/") {
            None => vec![self.0.root.join(file)],
            Some((topic, rest)) => {
                let folder = self.0.root.join(topic);
                let all: Vec<PathBuf> = fs::read_dir(&folder)
                    .with_context(|| format!("cannot list {}", folder.display()))?
                    .filter_map(|entry| entry.ok())
                    .map(|entry| entry.path().join(rest))
                    .collect();
                // Of all topics, those that have the file, such as a copy of the runtime.
                let there: Vec<PathBuf> = all.iter().filter(|file| file.is_file()).cloned().collect();
                if there.is_empty() { all } else { there }
            }
        };
        let twins: Vec<PathBuf> = files.iter().filter_map(|file| self.twin(file)).collect();
        Ok([files, twins].concat())
    }

    /// The same file with the other bridge: a page shows both at once.
    fn twin(&self, file: &Path) -> Option<PathBuf> {
        let inside = file.strip_prefix(self.0.root.join(Bridge::Current.examples()));
        let twin = self.0.root.join(Bridge::Pyo3Asyncio.examples()).join(inside.ok()?);
        let text = fs::read(&twin).ok()?;
        (fs::read(file).ok()? == text).then_some(twin)
    }
}
