//! What a command finds in its environment, and the virtual environments of the modules.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::repo::{ExampleCrate, example::CLIENTS, files};
use crate::run::command;
use crate::run::project::{self, Project};

/// Builds are verified, not debugged: without debug information they take half the time and disk.
pub const NO_DEBUG_INFO: (&str, &str) = ("CARGO_PROFILE_DEV_DEBUG", "0");

pub const TARGET: &str = "CARGO_TARGET_DIR";
const PYTHON: &str = "PYO3_PYTHON";

/// Taken away, so that no setting of the person at the keyboard changes what a program prints.
const REMOVED: [&[&str]; 3] = [
    // Pytest cuts no line of its summary where one of these says that this is continuous integration.
    &["CI", "BUILD_NUMBER"],
    &["COLUMNS", "FORCE_COLOR", "PY_COLORS", "RUST_BACKTRACE", "TRYBUILD", "LD_LIBRARY_PATH", PYTHON],
    &["PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONASYNCIODEBUG", "PYTHONDEVMODE"],
];

/// What is set in it; `REMOVED` is not there unless it is set.
#[derive(Clone)]
pub struct Environment(BTreeMap<&'static str, OsString>);

impl Environment {
    /// For a program, which is built in the folder `target` of the builds.
    pub fn of_program(project: &Project, target: &str) -> Self {
        let mut environment = Self::common(project, target);
        environment.set(PYTHON, &project.python);
        environment
    }

    /// For a module, in its virtual environment, which sees the tools of the main one (pytest, mypy, uvloop) and,
    /// if the crate needs any, the clients. What is not there yet is made.
    pub fn of_module(project: &Project, example: &ExampleCrate, target: &str) -> Result<Self> {
        let clients = if example.clients.is_empty() { None } else { Some(clients(project)?) };
        let venv = project.venvs.join(example.environment());
        // Of the crates that want it at the same time, one makes it.
        make_once(project, &venv, "", || {
            make_venv(project, &venv, &["--without-pip"])?;
            match &clients {
                Some(packages) => see(&venv, "guide_clients.pth", packages),
                None => install_with_uv(&venv),
            }
        })?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(scripts(&venv)).chain(std::env::split_paths(&path));
        let mut environment = Self::common(project, target);
        environment.set("PATH", std::env::join_paths(folders).context("PATH cannot be joined")?);
        environment.set("VIRTUAL_ENV", venv);
        Ok(environment)
    }

    fn common(project: &Project, target: &str) -> Self {
        const SET: [(&str, &str); 9] = [
            ("CARGO_TERM_COLOR", "never"),
            ("NO_COLOR", "1"),
            ("PYTHON_COLORS", "0"),
            ("PYTHONUTF8", "1"),
            ("LC_ALL", "C.UTF-8"),
            // A module is built to be replaced: uv would keep each of them.
            ("UV_NO_CACHE", "1"),
            // What a module depends on is locked, and installed before.
            ("UV_OFFLINE", "1"),
            // Crates that share an environment install at the same time, and pip would warn of a package
            // that another one is just replacing.
            ("PIP_QUIET", "2"),
            NO_DEBUG_INFO,
        ];
        let target = [(TARGET, project.builds.join(target).into())];
        Self(SET.map(|(name, value)| (name, value.into())).into_iter().chain(target).collect())
    }

    pub fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.0.insert(name, value.into());
    }

    pub fn apply(&self, command: &mut Command) {
        for name in REMOVED.concat() {
            command.env_remove(name);
        }
        command.envs(&self.0);
    }
}

/// Where the packages of `ci/clients.txt` are, in a virtual environment that all crates with clients see.
fn clients(project: &Project) -> Result<String> {
    let text = project.repo.must(CLIENTS)?;
    let venv = project.builds.join("venvs/clients");
    make_once(project, &venv, &files::hash(text), || {
        println!("installing the packages of {CLIENTS}");
        make_venv(project, &venv, &[])?;
        // Also what the main environment has, in the same versions: nothing here depends on the order of two paths.
        let mut install = Command::new(python_of(&venv));
        install.args(["-m", "pip", "install", "--quiet", "--no-compile", "--ignore-installed"]);
        install.args(["--only-binary", ":all:", "--require-hashes", "-r"]).arg(project.repo.root.join(CLIENTS));
        command::output_of(&mut install)
            .map(drop)
            .with_context(|| format!("the packages of {CLIENTS} did not install"))
    })?;
    project::packages_of(&python_of(&venv))
}

/// Makes a virtual environment unless it is there, made of the same. Others that want it, in any process, wait.
fn make_once(project: &Project, venv: &Path, of: &str, make: impl FnOnce() -> Result<()>) -> Result<()> {
    let lock = venv.with_added_extension("lock");
    let _locked = fs::create_dir_all(venv)
        .and_then(|()| File::create(&lock))
        .and_then(|file| file.lock().map(|()| file))
        .with_context(|| format!("cannot lock {}", lock.display()))?;
    let ready = venv.join("ready");
    // The tools' place as well: a checkout that was moved has environments that look where it was.
    let wanted = format!("{} {} {of}", project.python_version, project.python.display());
    if fs::read_to_string(&ready).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    make()?;
    fs::write(&ready, &wanted).with_context(|| format!("cannot write {}", ready.display()))
}

/// A new virtual environment that sees the tools of the main one.
pub fn make_venv(project: &Project, venv: &Path, options: &[&str]) -> Result<()> {
    let mut make = Command::new(&project.python);
    command::output_of(make.args(["-m", "venv", "--clear"]).args(options).arg(venv))
        .context("cannot make a virtual environment")?;
    see(venv, "guide_tools.pth", &project::packages_of(&project.python)?)
}

/// Has maturin install in a virtual environment as if uv had made it: with uv, in a quarter of the time of pip. Uv does
/// not see what the environment finds in other folders, so what a module depends on is not there for it.
fn install_with_uv(venv: &Path) -> Result<()> {
    let settings = venv.join("pyvenv.cfg");
    let text = files::read(&settings)?;
    files::write_if_changed(&settings, format!("{}\nuv = installs\n", text.trim_end()).as_bytes())
}

/// Has a virtual environment find the packages of a folder after its own.
fn see(venv: &Path, file: &str, packages: &str) -> Result<()> {
    let link = Path::new(&project::packages_of(&python_of(venv))?).join(file);
    fs::write(&link, packages).with_context(|| format!("cannot write {}", link.display()))
}

pub fn python_of(venv: &Path) -> PathBuf {
    scripts(venv).join(format!("python{}", std::env::consts::EXE_SUFFIX))
}

fn scripts(venv: &Path) -> PathBuf {
    venv.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_pytest_that_this_is_continuous_integration_is_removed() {
        let mut python = Command::new("python3");
        python.env("CI", "true").env("BUILD_NUMBER", "7");
        let environment = Environment(BTreeMap::new());
        environment.apply(&mut python);
        let left: Vec<_> = python.get_envs().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect();
        assert!(!left.iter().any(|name| *name == "CI" || *name == "BUILD_NUMBER"), "{left:?}");
    }
}
