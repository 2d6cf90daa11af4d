//! TOML blocks are part of the manifest they show, in versions as people write them, each of which the lock file pins.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use toml::{Table, Value};

use crate::repo::Repo;
use crate::repo::bridge::Bridge;
use crate::repo::example::ExampleCrate;
use crate::repo::lock::Lock;
use crate::results::verdict::Kind;
use crate::verify::expand::Block;
use crate::verify::group::Single;
use crate::verify::step::{Step, proof_of};

/// A step for each TOML block.
pub fn groups<'a>(repo: &'a Repo, blocks: &'a [Block]) -> Vec<Single<'a>> {
    let blocks = blocks.iter().filter(|block| block.kind == "toml");
    blocks
        .map(|block| Single {
            step: Step {
                name: format!("{}: {}", block.at(), block.file),
                proofs: vec![proof_of(Kind::Manifests, block)],
                again: "ci/just test-examples".to_owned(),
                of_crate: None,
                key: None,
            },
            work: Box::new(move || match problem(repo, block)? {
                Some(problem) => bail!("{problem}"),
                None => Ok(()),
            }),
        })
        .collect()
}

/// Why this TOML block is not what its manifest says, if it is not.
fn problem(repo: &Repo, block: &Block) -> Result<Option<String>> {
    let shown: Table = match toml::from_str(&block.text) {
        Ok(table) => table,
        Err(error) => return Ok(Some(format!("not TOML: {error}"))),
    };
    if shown.is_empty() {
        return Ok(Some("shows no key".to_owned()));
    }
    let manifest: Table = repo.table(&block.file)?;
    let missing = missing(&Value::Table(shown.clone()), &Value::Table(manifest), "");
    if let Some(key) = missing {
        return Ok(Some(format!("`{key}` is not so in {}", block.file)));
    }
    let example = repo.crate_of(&block.file);
    let lock = example.map_or_else(|| Bridge::Current.lock(), ExampleCrate::lock);
    let locked = Lock::parse(repo.must(&lock)?)?.versions();
    Ok(wrong_version(&shown, &locked))
}

/// The first key of `part` that `whole` lacks or has otherwise.
fn missing(part: &Value, whole: &Value, at: &str) -> Option<String> {
    if let (Some(part), Some(whole)) = (tables(part), tables(whole)) {
        let other = |table: &&Value| whole.iter().all(|one| missing(table, one, at).is_some());
        return part.iter().any(|table| other(&table)).then(|| at.to_owned());
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

fn wrong_version(shown: &Table, locked: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let tables = ["dependencies", "build-dependencies", "dev-dependencies"];
    let dependencies = tables.iter().filter_map(|name| shown.get(*name)?.as_table()).flatten();
    for (name, value) in dependencies {
        let version = value.as_str().or_else(|| value.get("version")?.as_str());
        let version = version.unwrap_or_default();
        if !version.starts_with(|first: char| first.is_ascii_digit()) {
            return Some(format!("`{name}` {version}: write a version such as 0.30; the lock file does the pinning"));
        }
        let fits = |locked: &String| is_part_of(version, locked);
        if !locked.get(name).is_some_and(|versions| versions.iter().any(fits)) {
            return Some(format!("`{name}` {version} is not the version in Cargo.lock"));
        }
    }
    None
}

/// Whether a version as people write it, such as `0.30`, stands for this locked one.
fn is_part_of(written: &str, locked: &str) -> bool {
    locked.strip_prefix(written).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
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
        let check = |text: &str| wrong_version(value(text).as_table().expect("a table"), &locked);
        assert_eq!(check("[dependencies]\npyo3 = \"0.30\"\n"), None);
        assert_eq!(check("[dependencies]\npyo3 = \"0.30.1\"\n"), None);
        assert!(check("[dependencies]\npyo3 = \"=0.30.1\"\n").is_some());
        assert!(check("[dependencies]\npyo3 = { version = \"0.29\" }\n").is_some());
        assert!(check("[dependencies]\npyo3 = \"0.3\"\n").is_some());
    }
}
