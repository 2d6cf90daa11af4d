//! The mdBook preprocessor: puts into the pages what nobody should type.
//!
//! `{{version:NAME}}` becomes the version of a package in `Cargo.lock`, `{{version:pyo3-asyncio/NAME}}`
//! that in the other workspace, `{{version:TOPIC/VARIANT/NAME}}` that in the crate's own; `{{pythons}}`
//! the CPython versions of the last full matrix and `{{matrix}}` its table, from `ci/matrix.toml`,
//! `{{pythons:TOPIC/VARIANT}}` those that the crate builds for, `{{builds:TOPIC/VARIANT/PROGRAM}}` a tick
//! or the codes of the errors that keep the program from building; `{{status}}` the tables of the last whole
//! run, from `target/verify.json`; `{{stress}}` the long tests that passed, from `ci/stress.toml`; what begins
//! with `{{bench` figures of `ci/bench.toml`, see `bench_pages`. Each page ends with a paragraph from that run.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use regex::{Captures, Regex};
use serde_json::Value;

use crate::bench_pages::BenchPages;
use crate::matrix::Matrix;
use crate::page::{self, Page};
use crate::pythons::Pythons;
use crate::status::Status;
use crate::track::Track;
use crate::{error_messages, fails, for_programs, manifests, project, stress};

static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{version:([\w./-]+)\}\}").expect("valid"));
static BUILDS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{builds:([\w./-]+)\}\}").expect("valid"));
static OF_CRATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{pythons:([\w./-]+)\}\}").expect("valid"));

const STATUS: &str = "{{status}}";
const STRESS: &str = "{{stress}}";
const ERROR_MESSAGES: &str = "{{error-messages}}";

/// Reads mdBook's `[context, book]` from standard input and prints the book with all of it put in.
pub fn preprocess(root: &Path) -> Result<()> {
    let mut input = String::new();
    std::io::stdin()
        .read_to_string(&mut input)
        .context("cannot read the book from mdBook")?;
    let mut input: Value = serde_json::from_str(&input).context("mdBook's book is not JSON")?;
    let source = input
        .pointer("/0/config/book/src")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let html = input.pointer("/0/renderer").and_then(Value::as_str) == Some("html");
    let language = source
        .as_deref()
        .and_then(|source| source.rsplit('/').next())
        .context("mdBook did not say which language it builds")?
        .to_owned();
    let matrix = Matrix::load(root)?;
    let words = Words {
        root: root.to_path_buf(),
        locked: locked(root)?,
        pythons: matrix.versions().join(", "),
        of_crates: of_crates(root)?,
        builds: fails::outcomes(&project::crates(root)?)?,
        matrix: matrix.table(root, &language)?,
        status: Status::load(root, &language)?,
        bench: BenchPages::load(root, &language, html)?,
        language,
        source: source.map(PathBuf::from).filter(|_| html),
    };
    let book = input.get_mut(1).context("mdBook gave no book")?;
    words.put_into(book)?;
    println!("{book}");
    Ok(())
}

/// The versions of all workspaces; a name of another one than the root stands after its folder.
fn locked(root: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let mut locked = manifests::locked(root)?;
    let other = manifests::locked(&Track::Pyo3Asyncio.workspace(root))?;
    locked.extend(
        other
            .into_iter()
            .map(|(name, versions)| (format!("pyo3-asyncio/{name}"), versions)),
    );
    for example in project::crates(root)? {
        if example.is_workspace() {
            let own = manifests::locked(&example.folder)?;
            locked.extend(
                own.into_iter()
                    .map(|(name, versions)| (format!("{}/{name}", example.name()), versions)),
            );
        }
    }
    Ok(locked)
}

/// The Pythons of every crate that says which it builds for, by the crate's name.
fn of_crates(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut pythons = BTreeMap::new();
    for example in project::crates(root)? {
        if let Some(own) = Pythons::of(&example)? {
            pythons.insert(example.name(), own.to_string());
        }
    }
    Ok(pythons)
}

struct Words {
    root: PathBuf,
    language: String,
    locked: BTreeMap<String, Vec<String>>,
    pythons: String,
    of_crates: BTreeMap<String, String>,
    builds: BTreeMap<String, String>,
    matrix: String,
    status: Status,
    bench: BenchPages,
    /// The folder of the pages, if the site is built: then each block is told the file that it shows.
    source: Option<PathBuf>,
}

impl Words {
    /// Replaces in every chapter's `content`, however deep, and adds the paragraph to its end.
    fn put_into(&self, value: &mut Value) -> Result<()> {
        match value {
            Value::Object(fields) => {
                let path = fields
                    .get("path")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                for (name, field) in fields {
                    match field {
                        Value::String(text) if name == "content" => {
                            *text = self.replaced(text)?;
                            let Some(path) = &path else { continue };
                            if let Some(source) = &self.source {
                                let page = source.join(path);
                                *text = page::with_files(text, page.parent().unwrap_or(source));
                            }
                            text.push_str(&self.status.paragraph(path));
                        }
                        other => self.put_into(other)?,
                    }
                }
                Ok(())
            }
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.put_into(item)),
            _ => Ok(()),
        }
    }

    fn error_messages(&self) -> Result<String> {
        let pages = for_programs::in_reading_order(&self.root)?;
        let of_this = |page: &Page| page.language == self.language;
        let pages: Vec<Page> = pages.into_iter().filter(of_this).collect();
        error_messages::list(&self.root, &pages, self.source.is_some())
    }

    fn replaced(&self, text: &str) -> Result<String> {
        for found in VERSION.captures_iter(text) {
            match self.locked.get(&found[1]).map(Vec::as_slice) {
                Some([_]) => {}
                Some(_) => bail!("{}: Cargo.lock has several versions of it", &found[0]),
                None => bail!("{}: Cargo.lock has no such package", &found[0]),
            }
        }
        for found in OF_CRATE.captures_iter(text) {
            if !self.of_crates.contains_key(&found[1]) {
                bail!("{}: that crate has no requires-python", &found[0]);
            }
        }
        for found in BUILDS.captures_iter(text) {
            if !self.builds.contains_key(&found[1]) {
                bail!("{}: there is no such program", &found[0]);
            }
        }
        let builds = |found: &Captures| self.builds[&found[1]].clone();
        let version = |found: &Captures| self.locked[&found[1]][0].clone();
        let of_crate = |found: &Captures| self.of_crates[&found[1]].clone();
        let text = VERSION.replace_all(text, version);
        let text = BUILDS.replace_all(&text, builds);
        let text = OF_CRATE
            .replace_all(&text, of_crate)
            .replace("{{pythons}}", &self.pythons)
            .replace("{{matrix}}", &self.matrix);
        let text = self.bench.replaced(&text)?;
        // What needs all pages or the whole record is made for the page that shows it.
        if text.contains(ERROR_MESSAGES) {
            return Ok(text.replace(ERROR_MESSAGES, &self.error_messages()?));
        }
        let text = match text.contains(STRESS) {
            true => text.replace(
                STRESS,
                &stress::Results::load(&self.root)?.table(&self.root, &self.language)?,
            ),
            false => text,
        };
        if !text.contains(STATUS) {
            return Ok(text);
        }
        Ok(text.replace(STATUS, &self.status.tables()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let locked = BTreeMap::from([
            ("pyo3".to_owned(), vec!["0.30.1".to_owned()]),
            (
                "rand".to_owned(),
                vec!["0.8.0".to_owned(), "0.9.0".to_owned()],
            ),
        ]);
        Words {
            root: PathBuf::new(),
            language: "en".to_owned(),
            locked,
            pythons: "3.9.18, 3.13.0".to_owned(),
            of_crates: BTreeMap::from([("a/0.14".to_owned(), "3.9–3.11".to_owned())]),
            builds: BTreeMap::from([("a/0.14/b".to_owned(), "E0425".to_owned())]),
            matrix: String::new(),
            status: Status::default(),
            bench: BenchPages::default(),
            source: None,
        }
    }

    #[test]
    fn versions_are_replaced_in_every_chapter() {
        let mut book = serde_json::json!({"items": [{"Chapter": {"content": "pyo3 {{version:pyo3}} on {{pythons}}",
            "sub_items": [{"Chapter": {"content": "{{version:pyo3}}"}}]}}]});
        words().put_into(&mut book).expect("known");
        let text = book.to_string();
        assert!(
            text.contains("pyo3 0.30.1 on 3.9.18, 3.13.0") && !text.contains("{{"),
            "{text}"
        );
    }

    #[test]
    fn an_unknown_or_ambiguous_package_is_an_error() {
        assert!(words().replaced("{{version:tokyo}}").is_err());
        assert!(words().replaced("{{version:rand}}").is_err());
        assert!(words().replaced("{{pythons:b/0.14}}").is_err());
    }

    #[test]
    fn what_a_crate_says_of_itself_is_replaced() {
        let text = words().replaced("on {{pythons:a/0.14}}").expect("known");
        assert_eq!(text, "on 3.9–3.11");
        let text = words().replaced("{{builds:a/0.14/b}}").expect("known");
        assert_eq!(text, "E0425");
        assert!(words().replaced("{{builds:a/0.14/c}}").is_err());
    }
}
