//! TOML blocks are part of the manifest they show, in versions as people write them, each of which the lock file pins.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail, ensure};
use toml::{Table, Value};

use crate::repo::{Bridge, ExampleCrate, Locks, Repo};
use crate::results::verdict::Kind;
use crate::verify::expand::Block;
use crate::verify::group::{Group, Groups};
use crate::verify::step::{Step, proof_at};

/// A step for each TOML block.
pub fn groups<'a>(repo: &'a Repo, blocks: &'a [Block<'a>], locks: &'a Locks) -> Groups<'a> {
    let blocks = blocks.iter().filter(|block| block.fence.language() == "toml");
    let group = |block: &'a Block<'a>| -> Box<dyn Group + 'a> {
        let step = Step::of(format!("{}: {}", block.at(), block.file), "ci/just test-examples");
        let step = Step { proofs: vec![proof_at(Kind::Manifests, block.page, block.fence.line)], ..step };
        Box::new((step, move || check(repo, locks, block)))
    };
    blocks.map(group).collect()
}

/// Whether this TOML block is what its manifest says.
fn check(repo: &Repo, locks: &Locks, block: &Block) -> Result<()> {
    let shown: Table = toml::from_str(&block.text).map_err(|error| anyhow!("not TOML: {error}"))?;
    ensure!(!shown.is_empty(), "shows no key");
    let manifest: Table = repo.table(block.file)?;
    if let Some(key) = missing(&Value::Table(shown.clone()), &Value::Table(manifest), "") {
        bail!("`{key}` is not so in {}", block.file);
    }
    let example = repo.crate_of(block.file);
    let lock = example.map_or_else(|| Bridge::Current.lock(), ExampleCrate::lock);
    locked(&shown, &locks[&lock].versions())
}

/// The first key of `part` that `whole` lacks or has otherwise.
fn missing(part: &Value, whole: &Value, at: &str) -> Option<String> {
    if let (Some(part), Some(whole)) = (tables(part), tables(whole)) {
        let other = |table: &Value| whole.iter().all(|one| missing(table, one, at).is_some());
        return part.iter().any(other).then(|| at.to_owned());
    }
    let (Value::Table(part), Value::Table(whole)) = (part, whole) else {
        return (part != whole).then(|| at.to_owned());
    };
    part.iter().find_map(|(key, value)| {
        let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        match whole.get(key) {
            Some(other) => missing(value, other, &at),
            None => Some(at),
        }
    })
}

/// An array of tables, such as all `[[test]]`: a page may show some of them.
fn tables(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().filter(|values| !values.is_empty() && values.iter().all(Value::is_table))
}

/// Whether each version is as people write it, such as `0.30`, and stands for a locked one.
fn locked(shown: &Table, locked: &BTreeMap<String, Vec<String>>) -> Result<()> {
    let tables = ["dependencies", "build-dependencies", "dev-dependencies"];
    let dependencies = tables.iter().filter_map(|name| shown.get(*name)?.as_table()).flatten();
    for (name, value) in dependencies {
        let version = value.as_str().or_else(|| value.get("version")?.as_str()).unwrap_or_default();
        let is_plain = version.starts_with(|first: char| first.is_ascii_digit());
        ensure!(is_plain, "`{name}` {version}: write a version such as 0.30; the lock file does the pinning");
        let mut rests = locked.get(name).into_iter().flatten().filter_map(|locked| locked.strip_prefix(version));
        let is_locked = rests.any(|rest| rest.is_empty() || rest.starts_with('.'));
        ensure!(is_locked, "`{name}` {version} is not the version in Cargo.lock");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        Value::Table(toml::from_str(text).expect("TOML"))
    }

    #[test]
    fn a_lost_feature_is_found() {
        let whole = value("[dependencies]\npyo3 = { version = \"=1\", features = [\"a\"] }\n");
        let part = value("[dependencies]\npyo3 = { version = \"=1\", features = [\"a\", \"b\"] }\n");
        assert_eq!(missing(&part, &whole, ""), Some("dependencies.pyo3.features".to_owned()));
        assert_eq!(missing(&whole, &whole, ""), None);
    }

    #[test]
    fn some_tables_of_an_array_may_be_shown_but_no_other() {
        let whole = value("[[test]]\nname = \"a\"\nharness = false\n[[test]]\nname = \"b\"\n");
        let part = value("[[test]]\nname = \"b\"\n");
        assert_eq!(missing(&part, &whole, ""), None);
        let part = value("[[test]]\nname = \"b\"\nharness = false\n");
        assert_eq!(missing(&part, &whole, ""), Some("test".to_owned()));
    }

    #[test]
    fn a_version_must_be_as_people_write_it_and_locked() {
        let locked = BTreeMap::from([("pyo3".to_owned(), vec!["0.30.1".to_owned()])]);
        let check = |text: &str| super::locked(value(text).as_table().expect("a table"), &locked);
        assert!(check("[dependencies]\npyo3 = \"0.30\"\n").is_ok());
        assert!(check("[dependencies]\npyo3 = \"0.30.1\"\n").is_ok());
        assert!(check("[dependencies]\npyo3 = \"=0.30.1\"\n").is_err());
        assert!(check("[dependencies]\npyo3 = { version = \"0.29\" }\n").is_err());
        assert!(check("[dependencies]\npyo3 = \"0.3\"\n").is_err());
    }
}
