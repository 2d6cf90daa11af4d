//! `book/messages.toml` explains every message that pages show, and no other, in both languages.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::repo::messages::{self, Entry, Explained, FILE};
use crate::repo::{Page, Problem, Repo, page::LANGUAGES};

pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let table: Explained = repo.table(FILE)?;
    let mut problems = unmatched(repo, &table);
    for (kind, entries) in &table {
        let mut wrong = Vec::new();
        for Entry { begins, cause, fix } in entries {
            let name = begins.first().map_or("", String::as_str);
            for (what, text) in [("cause", cause), ("fix", fix)] {
                let lacking = LANGUAGES.iter().filter(|language| text.get(**language).is_none_or(String::is_empty));
                wrong.extend(lacking.map(|language| format!("`{name}`: no {what} in {language}")));
            }
            if begins.is_empty() || begins.iter().any(String::is_empty) {
                wrong.push(format!("{kind}: an entry says of no message how it begins"));
            }
        }
        let directive = format!("{{{{error-messages:{kind}}}}}");
        let lists = |language| repo.pages_in(language).any(|page| page.text.contains(&directive));
        let missing = LANGUAGES.iter().filter(|language| !lists(language));
        wrong.extend(missing.map(|language| format!("{kind}: no page of {language} has {directive}")));
        problems.extend(wrong.into_iter().map(|what| Problem::new(FILE, what)));
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
        if let Some((_, _, begin)) = messages::explained(table, &message) {
            used.insert(begin.as_ptr());
        } else {
            let page = places.first().map_or(String::new(), |(page, _)| pages[*page].file());
            problems.push(Problem::new(page, format!("shows `{message}`, which {FILE} does not explain")));
        }
    }
    let begins = table.values().flatten().flat_map(|entry| &entry.begins);
    for begin in begins.filter(|begin| !used.contains(&begin.as_ptr())) {
        problems.push(Problem::new(FILE, format!("`{begin}`: no message of the pages begins so: delete it")));
    }
    problems
}
