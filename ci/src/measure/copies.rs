//! `test-alone`: each crate as its zip unpacks in an empty place; `test-copies`: a module and a program, copied under
//! other names. Both build and pass there.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::measure::{build_and_test, copy_out, each_crate, mixed};
use crate::repo::{ExampleCrate, Share, archive, files};
use crate::results::verdict::Proof;
use crate::run::{LockFile, Project, Sandbox};
use crate::verify::{Report, Step};

/// What is copied, and under which name.
const COPIES: [(&str, &str); 3] =
    [("native-module/tokio", "my_module"), ("rust-app/tokio", "my-app"), ("native-module/tokio", mixed::NAME)];

/// Every crate as a reader gets it: the zip that the site offers, unpacked, without a lock file.
pub fn test_alone(project: &Project, share: Share) -> Result<()> {
    project.print_left_out();
    let place = emptied(project, "alone")?.join("unzipped");
    let step = |example: &ExampleCrate| Step {
        proofs: vec![Proof::of_crate(&example.name())],
        ..Step::of(format!("{} alone", example.name()), "ci/just test-alone")
    };
    each_crate(project, "test-alone", project.crates(None)?, share, step, |example| {
        let zip = archive::pack(&project.repo, example)?;
        let folder = archive::unpack(&zip, example, &place)?;
        let unzipped = ExampleCrate { folder, is_workspace: false, ..example.clone() };
        let mut sandbox = Sandbox::set_up(project, &unzipped, LockFile::None)?;
        sandbox.exit_once();
        build_and_test(&sandbox, &[], &["tests"])
    })
}

/// A module and a program, copied under new names: both pass their tests, with the lock file they got.
pub fn test_copies(project: &Project, only: Option<&str>) -> Result<()> {
    let place = emptied(project, "copied")?;
    let copies: Vec<_> = COPIES.into_iter().filter(|(_, name)| only.is_none_or(|only| only == *name)).collect();
    ensure!(!copies.is_empty(), "test-copies knows {}", COPIES.map(|(_, name)| name).join(", "));
    let report = Report::new(copies.len());
    for (source, name) in copies {
        let step = Step::of(format!("{source} copied as {name}"), "ci/just test-copies");
        report.step(&step, || test_copy(project, source, name, place.join(name)));
    }
    report.finish()
}

fn test_copy(project: &Project, source: &str, name: &str, folder: PathBuf) -> Result<()> {
    let example = copy_out::named(project, source)?;
    copy_out::copy_to(project, &example, &folder, name)?;
    let copied = ExampleCrate {
        dir: format!("examples/copied/{name}"),
        topic: "copied".to_owned(),
        variant: name.to_owned(),
        folder,
        is_workspace: true,
        ..example.clone()
    };
    let mut sandbox = Sandbox::set_up(project, &copied, LockFile::Seeded)?;
    sandbox.build_beside(&example);
    if name != mixed::NAME {
        return build_and_test(&sandbox, &["--locked"], &["-x", "tests"]);
    }
    // What a reader has who pastes what several pages show into the first module.
    mixed::paste(&project.repo.root, &sandbox.folder)?;
    build_and_test(&sandbox, &[], &["tests/test_mixed.py"])
}

/// A folder of this name outside the repository, with nothing in it.
fn emptied(project: &Project, name: &str) -> Result<PathBuf> {
    let place = project.copies.join(name);
    files::remove_if_there(&place)?;
    Ok(place)
}
