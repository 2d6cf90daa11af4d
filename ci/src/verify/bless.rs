//! `bless`: rewrites captured output with what comes now.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::check::{compile_fail, diffs};
use crate::repo::files;
use crate::run::normalize;
use crate::run::project::Project;
use crate::run::sandbox::{LockFile, Sandbox};
use crate::verify::captures::{self, Capture};
use crate::verify::{replay, trybuild};

/// What `bless` does with output that is not that of the capture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bless {
    /// Writes it into the capture.
    Rewrite,
    /// Keeps the capture, and writes one that counts from this Python on.
    FromThisPython,
}

/// Rewrites the captured output of every transcript (of a topic or a crate) with what comes now.
pub fn bless(project: &Project, choice: Option<&str>, from_this_python: bool) -> Result<()> {
    let how = if from_this_python { Bless::FromThisPython } else { Bless::Rewrite };
    let mut changed = 0;
    project.print_left_out();
    let crates = project.crates(choice)?;
    for diff in diffs::wanted(&project.repo, crates.iter().copied()) {
        let old = project.repo.must(&diff.file)?;
        let path = project.repo.root.join(&diff.file);
        changed += usize::from(rewrite(project, &path, old, &diff.text)?);
    }
    for example in crates {
        let captures = captures::of(example, project.release.minor)?;
        let fails = compile_fail::has_some(&project.repo, example);
        if captures.is_empty() && !fails {
            continue;
        }
        let sandbox = Sandbox::set_up(project, example, LockFile::Seeded)?;
        // What the compiler says is the same on every Python.
        if how == Bless::Rewrite && fails {
            for (file, said) in trybuild::bless(&sandbox)? {
                let path = example.folder.join(file);
                // A message that is not there yet is written for the first time.
                let old = fs::read_to_string(&path).unwrap_or_default();
                changed += usize::from(rewrite(project, &path, &old, &said)?);
            }
        }
        if example.is_native_module {
            sandbox.must("maturin", &["develop"])?;
        }
        for capture in captures {
            changed += usize::from(bless_capture(project, &sandbox, &capture, how)?);
        }
    }
    let captures = if changed == 1 { "capture" } else { "captures" };
    println!("{changed} {captures} changed on CPython {}", project.python_version);
    Ok(())
}

/// Whether it wrote a file.
fn bless_capture(project: &Project, sandbox: &Sandbox, capture: &Capture, how: Bless) -> Result<bool> {
    let old = files::read(&capture.path)?;
    let new = replay::bless(capture, &sandbox.folder, &|line, shell| sandbox.prepare_shell(line, shell))
        .with_context(|| capture.path.display().to_string())?;
    let path = match how {
        Bless::Rewrite => capture.path.clone(),
        Bless::FromThisPython => capture.path_from(sandbox.minor),
    };
    rewrite(project, &path, &old, &new)
}

/// Writes a file if its text has changed, and says what changed in it; whether anything did.
fn rewrite(project: &Project, path: &Path, old: &str, new: &str) -> Result<bool> {
    let name = path.strip_prefix(&project.repo.root)?.display();
    if new == old {
        println!("same     {name}");
        return Ok(false);
    }
    println!("changed  {name}\n{}", normalize::difference(old, new));
    files::write_if_changed(path, new.as_bytes())?;
    Ok(true)
}
