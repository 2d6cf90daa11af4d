//! Where example crates are built and run: each one copied alone, out of the repository.
//!
//! Crates of one bridge and variant share a virtual environment and a target folder, apart from those of other
//! variants: the variants of a topic give Python the same module, and can so be verified side by side. The crates
//! of a topic that are workspaces by themselves share a virtual environment, and no target folder. Crates of one
//! environment whose modules have the same name are verified one after the other.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::repo::example::ExampleCrate;
use crate::repo::files;
use crate::run::command;
use crate::run::environment::Environment;
use crate::run::project::{self, Project};

/// Whether a copy is built with the versions of the repository's lock file or without a lock file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LockFile {
    Seeded,
    None,
}

/// A copy of one crate, and how to run commands in it.
pub struct Sandbox {
    pub example: ExampleCrate,
    /// The copy's folder.
    pub folder: PathBuf,
    /// The minor number of the Python in use.
    pub minor: u32,
    environment: Environment,
    /// What `cargo` needs in a module's copy: maturin builds pyo3 otherwise, in a folder of its own.
    for_cargo: Environment,
}

/// The folder for `PYTHONPATH`: what Python runs first in it makes uvloop's loops the default.
pub const UVLOOP: &str = "ci/uvloop";

const ASSERT_UVLOOP: &str = "import asyncio; loop = asyncio.new_event_loop(); loop.close(); \
assert type(loop).__module__ == 'uvloop', loop";

impl Sandbox {
    /// Copies the crate and makes its virtual environment, if there is none yet.
    pub fn set_up(project: &Project, example: &ExampleCrate, lock: LockFile) -> Result<Self> {
        let place = match lock {
            LockFile::Seeded => "seeded",
            LockFile::None => "alone",
        };
        let folder = project.copies.join(place).join(example.name());
        files::copy(&example.folder, &folder)?;
        match lock {
            LockFile::Seeded => seed_lock(&example.workspace(&project.repo.root), &folder)?,
            LockFile::None => files::remove_if_there(&folder.join("Cargo.lock"))?,
        }
        build_again_after_another(project, example, &folder)?;
        let for_cargo = Environment::of_program(project, &target_of(example, "apps"));
        let environment = if example.is_native_module {
            let target = format!("modules-{}", target_of(example, &example.variant));
            Environment::of_module(project, example, &target)?
        } else {
            for_cargo.clone()
        };
        Ok(Self { example: example.clone(), folder, minor: project.release.minor, environment, for_cargo })
    }

    /// A folder beside those of the builds, for builds that must not meet them.
    pub fn beside_builds(&self, name: &str) -> PathBuf {
        let target = self.environment.target().and_then(Path::parent);
        target.unwrap_or(&self.folder).join(name)
    }

    /// The folder of its virtual environment.
    pub fn venv(&self) -> Result<&Path> {
        let venv = self.environment.venv();
        venv.context("the crate has no virtual environment: it is no module")
    }

    /// Builds where the crates of another's bridge and variant are built: a copy of it needs the same packages.
    pub fn build_beside(&mut self, project: &Project, other: &ExampleCrate) {
        let name = if other.is_native_module { format!("modules-{}", other.variant) } else { "apps".to_owned() };
        let target = project.builds.join(other.bridge.dir_name(&name));
        self.environment.build_in(target);
    }

    /// Has the tests of clean exits make only a few: for a run whose subject is another, and unless the
    /// number is set already.
    pub fn make_few_exits(&mut self) {
        if std::env::var_os("CLEAN_EXITS").is_none() {
            self.environment.set("CLEAN_EXITS", "3");
            self.for_cargo.set("CLEAN_EXITS", "3");
        }
    }

    /// Makes uvloop's event loops the default ones of every Python that starts here, and asks one for its loop.
    pub fn use_uvloop(&mut self, project: &Project) -> Result<()> {
        let packages = project::packages_of(&project.python)?;
        let path = std::env::join_paths([project.repo.root.join(UVLOOP), packages.into()])
            .context("PYTHONPATH cannot be joined")?;
        self.environment.set("PYTHONPATH", &path);
        self.for_cargo.set("PYTHONPATH", &path);
        self.must("python3", &["-c", ASSERT_UVLOOP]).map(drop)
    }

    /// A command in its environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.environment.find(program));
        self.environment.apply(&mut command);
        command
    }

    /// Gives the shell that runs this line of a transcript its environment.
    pub fn prepare_shell(&self, line: &str, shell: &mut Command) {
        self.environment.apply(shell);
        if line.contains("cargo ") {
            self.for_cargo.apply(shell);
        }
    }

    /// Runs a program in the copy; an error holds all it printed.
    pub fn must(&self, program: &str, arguments: &[&str]) -> Result<String> {
        self.must_in(&self.folder, program, arguments)
    }

    /// The same in another folder.
    pub fn must_in(&self, folder: &Path, program: &str, arguments: &[&str]) -> Result<String> {
        let ended = self.run_in(folder, program, arguments)?;
        if !ended.success {
            bail!("`{program} {}` in {} failed:\n{}", arguments.join(" "), folder.display(), ended.text.trim_end());
        }
        Ok(ended.text)
    }

    /// Runs a command in the folder, whatever becomes of it.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<command::Output> {
        self.run_in(&self.folder, program, arguments)
    }

    fn run_in(&self, folder: &Path, program: &str, arguments: &[&str]) -> Result<command::Output> {
        command::run(self.command(program).args(arguments).current_dir(folder))
    }
}

/// Where the crate is built: a workspace by itself in a folder of its own, the others by `name`.
fn target_of(example: &ExampleCrate, name: &str) -> String {
    if example.is_workspace { example.name().replace('/', "-") } else { example.bridge.dir_name(name) }
}

/// Makes Cargo build this crate again if it was last built from another folder.
///
/// Copies of one crate for different checks share a target folder and file names there, and Cargo
/// takes what one of them left for the other's.
fn build_again_after_another(project: &Project, example: &ExampleCrate, folder: &Path) -> Result<()> {
    let name = example.name().replace('/', "-");
    let last = project.builds.join("last-built").join(name);
    let this = folder.display().to_string();
    if fs::read_to_string(&last).is_ok_and(|last| last == this) {
        return Ok(());
    }
    let files = files::within(folder)?.into_iter();
    for path in files.filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        File::options()
            .write(true)
            .open(folder.join(&path))
            .and_then(|file| file.set_modified(SystemTime::now()))
            .with_context(|| format!("cannot touch {}", path.display()))?;
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
