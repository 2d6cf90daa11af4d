//! `test-copies`: a module and a program, copied as a reader would, build and pass.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::measure::{copy_out, mixed};
use crate::repo::example::ExampleCrate;
use crate::run::project::Project;
use crate::run::sandbox::{LockFile, Sandbox};
use crate::verify::report::Report;
use crate::verify::step::Step;

/// What is copied, and under which name.
const COPIES: [(&str, &str); 3] =
    [("native-module/tokio", "my_module"), ("rust-app/tokio", "my-app"), ("native-module/tokio", mixed::NAME)];

/// A module and a program, copied under new names: both pass their tests, with the lock file they got.
pub fn test_copies(project: &Project, only: Option<&str>) -> Result<()> {
    let place = project.copies.join("copied");
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("cannot empty {}", place.display()))?;
    }
    let copies: Vec<_> = COPIES.into_iter().filter(|(_, name)| only.is_none_or(|only| only == *name)).collect();
    if copies.is_empty() {
        bail!("test-copies knows {}", COPIES.map(|(_, name)| name).join(", "));
    }
    let report = Report::new(copies.len());
    for (source, name) in copies {
        let step = Step::of(format!("{source} copied as {name}"), "ci/just test-copies");
        report.step(&step, || {
            let sandbox = set_up(project, source, name, &place.join(name))?;
            if name == mixed::NAME { test_mixed(project, &sandbox) } else { test_copy(&sandbox) }
        });
    }
    report.finish()
}

fn set_up<'a>(project: &'a Project, source: &str, name: &str, folder: &Path) -> Result<Sandbox<'a>> {
    let example = copy_out::named(project, source)?;
    copy_out::copy_to(project, &example, folder, name)?;
    let copied = ExampleCrate {
        dir: format!("examples/copied/{name}"),
        topic: "copied".to_owned(),
        variant: name.to_owned(),
        folder: folder.to_owned(),
        is_workspace: true,
        ..example.clone()
    };
    let mut sandbox = Sandbox::set_up(project, &copied, LockFile::Seeded)?;
    sandbox.build_beside(&example);
    Ok(sandbox)
}

fn test_copy(sandbox: &Sandbox) -> Result<()> {
    if !sandbox.example.is_native_module {
        return sandbox.must("cargo", &["test", "--locked"]).map(drop);
    }
    sandbox.must("maturin", &["develop", "--locked"])?;
    sandbox.must("python", &["-m", "pytest", "-q", "-x", "tests"]).map(drop)
}

/// What a reader has who pastes what several pages show into the first module.
fn test_mixed(project: &Project, sandbox: &Sandbox) -> Result<()> {
    mixed::paste(&project.repo.root, &sandbox.folder)?;
    sandbox.must("maturin", &["develop"])?;
    sandbox.must("python", &["-m", "pytest", "-q", "tests/test_mixed.py"]).map(drop)
}
