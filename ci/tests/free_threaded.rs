//! What is kept for a Python without the GIL goes with the files that it is made from.

use std::collections::BTreeSet;
use std::path::Path;

use guide_ci::repo::Repo;
use guide_ci::repo::free_threaded::Older;
use guide_ci::repo::pythons::Release;

fn guide() -> Repo {
    Repo::load(Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root")).expect("the guide")
}

fn older(repo: &Repo) -> Older {
    let release = Release::of("3.13t").expect("a release");
    Older::of(repo, release).expect("older.toml is sound").expect("it is about 3.13t")
}

/// The packages of a file of requirements, each with its marker and its hashes.
fn packages(text: &str) -> Vec<String> {
    let mut packages: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match packages.last_mut().filter(|_| line.starts_with(' ')) {
            Some(package) => package.push_str(line),
            None => packages.push(line.to_owned()),
        }
    }
    packages
}

#[test]
fn the_tools_are_those_of_every_other_python_but_for_what_is_named_with_a_reason() {
    let repo = guide();
    let older = older(&repo);
    let missing: BTreeSet<&str> = older.tools.keys().map(String::as_str).collect();
    let all = packages(repo.must("ci/requirements.txt").expect("requirements"));
    let name = |package: &str| package.split("==").next().unwrap_or_default().to_owned();
    let named: BTreeSet<String> = all.iter().map(|package| name(package)).collect();
    assert!(missing.iter().all(|tool| named.contains(*tool)), "{missing:?}");
    let wanted: Vec<_> = all.into_iter().filter(|package| !missing.contains(name(package).as_str())).collect();
    assert_eq!(packages(repo.must("ci/free-threaded/requirements.txt").expect("requirements")), wanted);
}

#[test]
fn every_crate_that_is_built_can_be_given_the_older_versions() {
    let repo = guide();
    let older = older(&repo);
    for example in repo.crates.iter().filter(|example| example.fits(13) && older.leaves_out(example).is_none()) {
        let manifest = repo.must(&format!("{}/Cargo.toml", example.dir)).expect("a manifest");
        let text = older.manifest(example, manifest).expect("its versions stand in their lines");
        assert!(text == manifest || !text.contains("\"0.30\""), "{text}");
    }
}
