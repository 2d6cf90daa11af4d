//! `book/messages.toml` explains every message that pages show, and no other, in both languages.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::repo::Repo;
use crate::repo::messages::{self, Entry, Explained, FILE};
use crate::repo::page::{LANGUAGES, Page};
use crate::repo::problem::Problem;

pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let table: Explained = repo.table(FILE)?;
    let mut problems = unmatched(repo, &table);
    for (kind, entries) in &table {
        problems.extend(entries.iter().flat_map(one_language));
        let anything =
            entries.iter().filter(|Entry { begins, .. }| begins.is_empty() || begins.iter().any(String::is_empty));
        problems.extend(
            anything.map(|_| Problem::new(FILE, format!("{kind}: an entry says of no message how it begins"))),
        );
        problems.extend(nowhere(repo, kind));
    }
    Ok(problems)
}

/// Messages without an entry, and beginnings without a message.
fn unmatched(repo: &Repo, table: &Explained) -> Vec<Problem> {
    let pages: Vec<&Page> = repo.pages_in("en").collect();
    let mut problems = Vec::new();
    // By their addresses: of two equal ones, one explains nothing.
    let mut used = BTreeSet::new();
    for (message, places) in messages::shown(repo, &pages) {
        let Some((_, _, begin)) = messages::explained(table, &message) else {
            let page = places.first().map_or(String::new(), |(page, _)| pages[*page].file());
            problems.push(Problem::new(page, format!("shows `{message}`, which {FILE} does not explain")));
            continue;
        };
        used.insert(begin.as_ptr());
    }
    let begins = table.values().flatten().flat_map(|entry| &entry.begins);
    let unused = begins.filter(|begin| !used.contains(&begin.as_ptr()));
    problems.extend(
        unused.map(|begin| Problem::new(FILE, format!("`{begin}`: no message of the pages begins so: delete it"))),
    );
    problems
}

/// Languages in which an entry lacks its cause or its fix.
fn one_language(entry: &Entry) -> Vec<Problem> {
    let name = entry.begins.first().map_or("", String::as_str);
    let texts = [("cause", &entry.cause), ("fix", &entry.fix)];
    let all = texts.iter().flat_map(|(what, text)| LANGUAGES.map(|language| (what, text, language)));
    let lacking = all.filter(|(_, text, language)| text.get(*language).is_none_or(String::is_empty));
    lacking.map(|(what, _, language)| Problem::new(FILE, format!("`{name}`: no {what} in {language}"))).collect()
}

/// A kind that a language does not list.
fn nowhere(repo: &Repo, kind: &str) -> Vec<Problem> {
    let directive = format!("{{{{error-messages:{kind}}}}}");
    let lists = |language| repo.pages_in(language).any(|page| page.text.contains(&directive));
    let missing = LANGUAGES.into_iter().filter(|language| !lists(*language));
    missing.map(|language| Problem::new(FILE, format!("{kind}: no page of {language} has {directive}"))).collect()
}
