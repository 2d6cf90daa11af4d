//! `bless`: rewrites captured output with what comes now.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::check::{compile_fail, diffs};
use crate::repo::files;
use crate::run::{LockFile, Project, Sandbox, normalize};
use crate::verify::captures;

/// Rewrites the captured output of every transcript (of a topic or a crate) with what comes now. With
/// `from_this_python` the captures stay, and others are written that count from this Python on.
pub fn bless(project: &Project, choice: Option<&str>, from_this_python: bool) -> Result<()> {
    project.print_left_out();
    let (repo, minor) = (&project.repo, project.release.minor);
    let mut changed = 0;
    let mut rewrite = |path: &Path, old: &str, new: &str| -> Result<()> {
        let name = path.strip_prefix(&repo.root)?.display();
        if new == old {
            println!("same     {name}");
            return Ok(());
        }
        println!("changed  {name}\n{}", normalize::difference(old, new));
        changed += 1;
        files::write_if_changed(path, new.as_bytes())
    };
    let crates = project.crates(choice)?;
    for (file, text) in crates.iter().flat_map(|example| diffs::of(repo, example)) {
        if let Some(text) = text {
            rewrite(&repo.root.join(&file), repo.must(&file)?, &text)?;
        }
    }
    for example in crates {
        let captures = captures::of(&example.folder, minor)?;
        let fails = compile_fail::has_some(repo, example);
        if captures.is_empty() && !fails {
            continue;
        }
        let sandbox = Sandbox::set_up(project, example, LockFile::Seeded)?;
        // What the compiler says is the same on every Python.
        if fails && !from_this_python {
            sandbox.must("env", &["TRYBUILD=overwrite", "cargo", "test", "--test", "fails"])?;
            for path in files::below(&sandbox.folder.join(compile_fail::FOLDER))? {
                if path.extension().is_some_and(|end| end == "stderr") {
                    let said = example.folder.join(path.strip_prefix(&sandbox.folder)?);
                    // A message that is not there yet is written for the first time.
                    rewrite(&said, &fs::read_to_string(&said).unwrap_or_default(), &files::read(&path)?)?;
                }
            }
        }
        if example.is_native_module {
            sandbox.must("maturin", &["develop"])?;
        }
        for capture in captures {
            let old = files::read(&capture.path)?;
            let new = capture.blessed(&|line| sandbox.shell(line));
            let new = new.with_context(|| capture.path.display().to_string())?;
            let path = if from_this_python { capture.path_from(minor) } else { capture.path };
            rewrite(&path, &old, &new)?;
        }
    }
    let captures = if changed == 1 { "capture" } else { "captures" };
    println!("{changed} {captures} changed on CPython {}", project.python_version);
    Ok(())
}
