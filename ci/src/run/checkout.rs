//! A copy of the repository, to change something in and run a command of this program there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::repo::files;
use crate::run::command;
use crate::run::project::Project;

/// A command may be a run of everything, without any build.
const LIMIT: Duration = Duration::from_secs(7200);

pub struct Checkout<'a> {
    pub project: &'a Project,
    pub root: PathBuf,
}

impl<'a> Checkout<'a> {
    /// Copies what somebody wrote.
    pub fn make(project: &'a Project, name: &str) -> Result<Self> {
        let root = project.copies.join(name);
        files::remove_if_there(&root)?;
        files::copy(&project.repo.root, &root)?;
        Ok(Self { project, root })
    }

    /// Runs the checks that `+` joins, until one fails, with the builds of a target folder; of the tests of
    /// Python, those of this name.
    pub fn run(&self, checks: &str, test: Option<&str>, target: &Path) -> Result<(bool, String)> {
        let this = std::env::current_exe().context("this program does not know its own path")?;
        let mut said = String::new();
        for check in checks.split('+') {
            let mut command = Command::new(&this);
            command.args(check.split(' ')).current_dir(&self.root).env("CARGO_TARGET_DIR", target);
            // Nobody has verified a copy that is changed: its site need not say what was.
            command.env_remove("GUIDE_RECORDED").envs(test.map(|test| ("PYTEST_ADDOPTS", format!("-k {test}"))));
            let ended = command::run_within(&mut command, LIMIT, command::GRACE_OF_GUIDE)?;
            said.push_str(&ended.text);
            if !ended.success {
                return Ok((false, said));
            }
        }
        Ok((true, said))
    }
}
