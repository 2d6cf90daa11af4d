//! Plants a fault in a copy of the repository, and takes it out again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::faults::fault::Fault;
use crate::repo::{Bridge, Repo, files};
use crate::run::checkout::Checkout;

/// What the files of a copy held before; nothing, for a new file.
type Before = BTreeMap<PathBuf, Option<Vec<u8>>>;

pub fn try_fault(copy: &Checkout, fault: &Fault) -> Result<()> {
    if let Some(step) = &fault.kept {
        keep(copy, &fault.check, step)?;
    }
    let mut before = Before::new();
    let verdict = plant(copy, fault, &mut before).and_then(|()| {
        let checks = checks_of(copy, fault, &before)?;
        // The same builds: only what a fault changed is compiled again.
        copy.run(&checks, fault.test(), &copy.project.builds)
    });
    restore(before)?;
    let (success, said) = verdict?;
    ensure!(!success, "`guide {}` passed", fault.check);
    ensure!(said.contains(&fault.says), "`guide {}` failed without saying “{}”:\n{said}", fault.check, fault.says);
    Ok(())
}

/// The checks that must catch a fault. Of a topic's crates only those run that the fault changes, one
/// after the other until one fails: the others are what they were.
fn checks_of(copy: &Checkout, fault: &Fault, changed: &Before) -> Result<String> {
    let words: Vec<&str> = fault.check.split(' ').collect();
    let ["test-examples", topic, "--only", only] = words.as_slice() else {
        return Ok(fault.check.clone());
    };
    let mut crates = Repo::load(&copy.root)?.crates;
    crates.retain(|example| changed.keys().any(|path| path.starts_with(&example.folder)));
    if !changed.keys().all(|path| crates.iter().any(|example| path.starts_with(&example.folder))) {
        return Ok(fault.check.clone());
    }
    let of_topic = crates.iter().filter(|example| example.topic == *topic);
    let checks = of_topic.map(|example| format!("test-examples {} --only {only}", example.name()));
    Ok(checks.collect::<Vec<_>>().join("+"))
}

/// Runs a check until it shows that a pass of this step is kept: the second time at the latest.
fn keep(copy: &Checkout, check: &str, step: &str) -> Result<()> {
    let mut said = String::new();
    for _ in 0..2 {
        said = copy.run(check, None, &copy.project.builds)?.1;
        if said.lines().any(|line| line.contains("] kept ") && line.contains(step)) {
            return Ok(());
        }
    }
    bail!("`guide {check}` did not keep “{step}” before the fault was planted:\n{said}")
}

/// Makes the edits and remembers what was there.
fn plant(copy: &Checkout, fault: &Fault, all: &mut Before) -> Result<()> {
    for edit in fault.edits() {
        for path in paths(copy, &edit.file)? {
            let before = fs::read(&path).ok();
            let text = before.as_deref().and_then(|text| std::str::from_utf8(text).ok());
            let after = edit.text(text).with_context(|| path.display().to_string())?;
            all.entry(path.clone()).or_insert(before);
            match after {
                Some(text) => files::write_if_changed(&path, text.as_bytes())?,
                None => files::remove_if_there(&path)?,
            }
        }
    }
    Ok(())
}

fn restore(all: Before) -> Result<()> {
    for (path, content) in all {
        if let Some(content) = content {
            files::write_if_changed(&path, &content)?;
        } else {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            // A folder that held only this file goes with it: it fails to be removed otherwise.
            path.ancestors().skip(1).take_while(|folder| fs::remove_dir(folder).is_ok()).count();
        }
    }
    Ok(())
}

/// The files that a path with `*` for the variant names, and their twins with the other bridge.
fn paths(copy: &Checkout, file: &str) -> Result<Vec<PathBuf>> {
    let mut files = vec![copy.root.join(file)];
    if let Some((topic, rest)) = file.split_once("/*/") {
        let folder = copy.root.join(topic);
        let variants = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        files = variants.filter_map(|entry| Some(entry.ok()?.path().join(rest))).collect();
        // Of all topics, those that have the file, such as a copy of the runtime.
        if files.iter().any(|file| file.is_file()) {
            files.retain(|file| file.is_file());
        }
    }
    let twins: Vec<PathBuf> = files.iter().filter_map(|file| twin(&copy.root, file)).collect();
    Ok([files, twins].concat())
}

/// The same file with the other bridge: a page shows both at once.
fn twin(root: &Path, file: &Path) -> Option<PathBuf> {
    let inside = file.strip_prefix(root.join(Bridge::Current.examples())).ok()?;
    let twin = root.join(Bridge::Pyo3Asyncio.examples()).join(inside);
    (fs::read(file).ok()? == fs::read(&twin).ok()?).then_some(twin)
}
