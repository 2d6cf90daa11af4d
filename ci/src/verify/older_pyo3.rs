//! The examples on an older pyo3: a copy of them whose manifests and lock file name it, for a Python without the GIL
//! that newer ones refuse.

use std::mem;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::repo::free_threaded::{LOCK, Older};
use crate::repo::{Repo, files};
use crate::run::{Project, command::output_of};

/// Puts the crates that can be built so in the place of the project's own, and returns its tree as it was; `None`, if
/// the examples are built as they are.
pub fn stand_in(project: &mut Project) -> Result<Option<Repo>> {
    let repo = &project.repo;
    let Some(older) = Older::of(repo, project.release)? else {
        return Ok(None);
    };
    let python = &project.python_version;
    for (tool, why) in &older.tools {
        println!("{tool}: not installed on CPython {python}: {why}");
    }
    for (name, tests) in &older.tests {
        for (test, why) in tests {
            println!("{name}: {test}: left out on CPython {python}: {why}");
        }
    }
    let root = project.builds.join("examples-on-older-pyo3");
    let mut text = repo.files.clone();
    let mut members = Vec::new();
    for example in repo.crates.iter().filter(|example| project.can_run(example)) {
        if let Some(why) = older.leaves_out(example) {
            println!("{}: left out on CPython {python}: {why}", example.dir);
            continue;
        }
        files::copy(&example.folder, &root.join(&example.dir))?;
        let file = format!("{}/Cargo.toml", example.dir);
        let manifest = older.manifest(example, repo.must(&file)?)?.into_bytes();
        files::write_if_changed(&root.join(&file), &manifest)?;
        text.insert(file, manifest);
        members.push(example.dir.as_str());
    }
    let listed: String = members.iter().map(|dir| format!("    \"{dir}\",\n")).collect();
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = [\n{listed}]\n");
    files::write_if_changed(&root.join("Cargo.toml"), workspace.as_bytes())?;
    text.insert("Cargo.lock".to_owned(), resolve(repo, &root)?.into_bytes());
    println!("built with pyo3 {}: newer ones do not build for CPython {python}", Older::pyo3(repo)?);

    let mut copy = Repo::of(&root, text)?;
    copy.crates.retain(|example| members.contains(&example.dir.as_str()));
    project.older = Some(older);
    Ok(Some(mem::replace(&mut project.repo, copy)))
}

/// The lock file of the copy: the one that is kept, or a new one if that does not fit the manifests any more, or has
/// other versions of what both bridges need than the examples have.
fn resolve(repo: &Repo, root: &Path) -> Result<String> {
    let copy = root.join("Cargo.lock");
    let examples = repo.must("Cargo.lock")?;
    let kept = repo.text(LOCK).unwrap_or_default();
    let metadata = |flags: &[&str]| {
        output_of(Command::new("cargo").args(["metadata", "--format-version", "1"]).args(flags).current_dir(root))
    };
    files::write_if_changed(&copy, kept.as_bytes())?;
    if Older::is_in_step(kept, examples).unwrap_or(false) && metadata(&["--locked"]).is_ok() {
        return Ok(kept.to_owned());
    }
    files::write_if_changed(&copy, examples.as_bytes())?;
    metadata(&[]).context("the examples cannot be built with an older pyo3")?;
    println!("{LOCK}: made anew from Cargo.lock");
    let lock = files::read(&copy)?;
    files::write_if_changed(&repo.root.join(LOCK), lock.as_bytes())?;
    Ok(lock)
}
