//! What outlives a run: the tables that it writes, and how pages show them.

pub mod bench;
pub mod figures;
pub mod matrix;
pub mod numbers;
pub mod record;
pub mod stress;
pub mod verdict;
pub mod whole_runs;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use regex::{Captures, Regex};
use serde::Serialize;

use crate::repo::files;

/// Writes one of the tables, below a comment that says where it comes from.
pub fn write(root: &Path, file: &str, comment: &str, table: &impl Serialize) -> Result<()> {
    let text = toml::to_string(table).with_context(|| format!("{file}: it is not TOML"))?;
    files::write_if_changed(&root.join(file), format!("# {comment}\n{text}").as_bytes())
}

/// The old results with each new one in the place of that with its key, in the order of the keys. Where the new one
/// is none, the old one is gone.
pub fn replaced<T, K: Ord>(
    old: Vec<T>,
    key: impl Fn(&T) -> Result<K>,
    new: impl IntoIterator<Item = (K, Option<T>)>,
) -> Result<Vec<T>> {
    let keyed = old.into_iter().map(|one| Ok((key(&one)?, Some(one))));
    let mut all: BTreeMap<K, Option<T>> = keyed.collect::<Result<_>>()?;
    all.extend(new);
    Ok(all.into_values().flatten().collect())
}

/// A table in Markdown; `rule` stands below the head of each column but the first.
pub fn table(head: &[String], rule: &str, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let mut text = format!("{}\n|---|{}", line(head), format!("{rule}|").repeat(head.len() - 1));
    rows.into_iter().for_each(|cells| text += &format!("\n{}", line(&cells)));
    text
}

/// The text with what each match becomes in its place.
pub fn try_replaced(pattern: &Regex, text: &str, with: impl Fn(&Captures) -> Result<String>) -> Result<String> {
    let mut failed = None;
    let replaced = pattern.replace_all(text, |found: &Captures| {
        with(found).unwrap_or_else(|error| {
            failed.get_or_insert(error);
            String::new()
        })
    });
    failed.map_or(Ok(replaced.into_owned()), Err)
}
