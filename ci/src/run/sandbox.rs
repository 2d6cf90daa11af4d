//! Where example crates are built and run: each one copied alone, out of the repository.
//!
//! Crates of one bridge and variant share a virtual environment and a target folder, apart from those of other
//! variants: the variants of a topic give Python the same module, and can so be verified side by side. The crates
//! of a topic that are workspaces by themselves share a virtual environment, and no target folder. Crates of one
//! environment whose modules have the same name are verified one after the other.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use crate::repo::{ExampleCrate, files};
use crate::run::command;
use crate::run::environment::{Environment, TARGET};
use crate::run::project::{self, Project};

/// Whether a copy is built with the versions of the repository's lock file or without a lock file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LockFile {
    Seeded,
    None,
}

/// A copy of one crate, and how to run commands in it.
#[derive(Clone)]
pub struct Sandbox<'a> {
    pub project: &'a Project,
    pub example: ExampleCrate,
    pub folder: PathBuf,
    environment: Environment,
    /// What `cargo` needs in a module's copy: maturin builds pyo3 otherwise, in a folder of its own.
    for_cargo: Environment,
}

/// The folder for `PYTHONPATH`: what Python runs first in it makes uvloop's loops the default.
pub const UVLOOP: &str = "ci/uvloop";

const ASSERT_UVLOOP: &str = "import asyncio; loop = asyncio.new_event_loop(); loop.close(); \
assert type(loop).__module__ == 'uvloop', loop";

impl<'a> Sandbox<'a> {
    /// Copies the crate and makes its virtual environment, if there is none yet.
    pub fn set_up(project: &'a Project, example: &ExampleCrate, lock: LockFile) -> Result<Self> {
        let place = if lock == LockFile::Seeded { "seeded" } else { "alone" };
        let folder = project.copies.join(place).join(example.name());
        files::copy(&example.folder, &folder)?;
        match lock {
            LockFile::Seeded => seed_lock(&example.workspace(&project.repo.root), &folder)?,
            LockFile::None => files::remove_if_there(&folder.join("Cargo.lock"))?,
        }
        build_again_after_another(project, example, &folder)?;
        let for_cargo = Environment::of_program(project, &target_of(example, false));
        let environment = if example.is_native_module {
            Environment::of_module(project, example, &target_of(example, true))?
        } else {
            for_cargo.clone()
        };
        Ok(Self { project, example: example.clone(), folder, environment, for_cargo })
    }

    /// Builds where the crates of another's bridge and variant are built: a copy of it needs the same packages.
    pub fn build_beside(&mut self, other: &ExampleCrate) {
        self.environment.set(TARGET, self.project.builds.join(target_of(other, other.is_native_module)));
    }

    /// Has the tests of clean exits end each program once: for a run whose subject is another, and unless the number is
    /// set already.
    pub fn exit_once(&mut self) {
        if std::env::var_os("CLEAN_EXITS").is_none() {
            self.set("CLEAN_EXITS", "1".as_ref());
        }
    }

    /// Makes uvloop's event loops the default ones of every Python that starts here, and asks one for its loop.
    pub fn use_uvloop(&mut self) -> Result<()> {
        let packages = project::packages_of(&self.project.python)?;
        let path = std::env::join_paths([self.project.repo.root.join(UVLOOP), packages.into()])
            .context("PYTHONPATH cannot be joined")?;
        self.set("PYTHONPATH", &path);
        self.must("python3", &["-c", ASSERT_UVLOOP]).map(drop)
    }

    fn set(&mut self, name: &'static str, value: &OsStr) {
        self.environment.set(name, value);
        self.for_cargo.set(name, value);
    }

    /// The same, to run commands in another folder.
    pub fn in_folder(&self, folder: PathBuf) -> Self {
        Self { folder, ..self.clone() }
    }

    /// A command in its environment, whose PATH is where the program is looked for.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        self.environment.apply(&mut command);
        command
    }

    /// The shell that runs this line of a transcript.
    pub fn shell(&self, line: &str) -> Command {
        let mut shell = self.command("sh");
        shell.args(["-c", line]).current_dir(&self.folder);
        if line.contains("cargo ") {
            self.for_cargo.apply(&mut shell);
        }
        shell
    }

    /// Runs a program in the copy; an error holds all it printed.
    pub fn must(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let ended = self.run(program, arguments)?;
        let (arguments, folder, text) = (arguments.join(" "), self.folder.display(), ended.text.trim_end());
        ensure!(ended.success, "`{program} {arguments}` in {folder} failed:\n{text}");
        Ok(ended.text)
    }

    /// Runs a command in the copy, whatever becomes of it.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<command::Output> {
        command::run(self.command(program).args(arguments).current_dir(&self.folder))
    }
}

/// Where a module, or what `cargo` builds, is built: a workspace by itself in a folder of its own.
fn target_of(example: &ExampleCrate, is_module: bool) -> String {
    let (kind, name) = if is_module { ("modules-", example.variant.as_str()) } else { ("", "apps") };
    let own = example.is_workspace.then(|| example.name().replace('/', "-"));
    kind.to_owned() + &own.unwrap_or_else(|| example.bridge.dir_name(name))
}

/// Makes Cargo build this crate again if it was last built from another folder.
///
/// Copies of one crate for different checks share a target folder and file names there, and Cargo
/// takes what one of them left for the other's.
fn build_again_after_another(project: &Project, example: &ExampleCrate, folder: &Path) -> Result<()> {
    let last = project.builds.join("last-built").join(example.name().replace('/', "-"));
    let this = folder.display().to_string();
    if fs::read_to_string(&last).is_ok_and(|last| last == this) {
        return Ok(());
    }
    for path in files::below(folder)? {
        if path.extension().is_some_and(|end| end == "rs") {
            let source = File::options().write(true).open(&path);
            let touched = source.and_then(|source| source.set_modified(SystemTime::now()));
            touched.with_context(|| format!("cannot touch {}", path.display()))?;
        }
    }
    files::write_if_changed(&last, this.as_bytes())
}

fn seed_lock(workspace: &Path, folder: &Path) -> Result<()> {
    let lock = fs::read(workspace.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    // Cargo prunes its own copy: compare with what was seeded, not with what it made of it.
    let seeded = folder.with_extension("seeded-lock");
    if fs::read(&seeded).is_ok_and(|old| old == lock) && folder.join("Cargo.lock").is_file() {
        return Ok(());
    }
    files::write_if_changed(&folder.join("Cargo.lock"), &lock)?;
    files::write_if_changed(&seeded, &lock)
}
