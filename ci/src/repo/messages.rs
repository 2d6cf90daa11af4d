//! Every error message that the pages show, from the captures and the compiler's messages, and
//! `book/messages.toml`, which has the cause and the fix of each.

use std::collections::{BTreeMap, BTreeSet};

use regex::Captures;
use serde::Deserialize;

use crate::repo::bridge::in_example;
use crate::repo::{Page, Pattern, Repo};

pub const FILE: &str = "book/messages.toml";

/// The last line of a traceback, also as pytest shows it, a warning behind its place, what asyncio and the interpreter
/// log, the compiler's and cargo's errors, and what a Rust `main` returns.
static MESSAGE: Pattern = Pattern::of(concat!(
    r"^(?:\S+:\d+: |caught |E +)?((?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Panic|Group|Iteration)(?:: .+)?)$",
    r"|((?:Task|Future) exception was never retrieved|Task was destroyed but it is pending!)",
    r"|(Fatal Python error: .+|Segmentation fault)",
    r"|^(error(?:\[E\d+\])?: .+|Error: .+)$",
));

/// Rust writes the message of a panic into the next line.
static PANIC: Pattern = Pattern::of(r"^thread '.*' (?:\(\d+\) )?panicked at ");

/// What is fixed in a message that a program makes itself: its beginning, or, if the message of a panic begins with a
/// value, what is behind that.
static OWN: Pattern = Pattern::of(concat!(
    r"(?:raise \w+\(|new_err\(|panic!\(|panic_any\(|expect\(|format!\(|eprintln!\(|write!\(|context\(|#\[error\()",
    r#"[^"';]{0,40}["'](?<beginning>[^"'{\\]{4,})"#,
    r#"|(?:panic|assert)!\([^"';]{0,40}"\{\w*\}(?<end>[^"'{\\]{4,})""#
));

/// The entries of `FILE`, by the kind of their messages.
pub type Explained = BTreeMap<String, Vec<Entry>>;

/// Why messages come and what to do, by language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub begins: Vec<String>,
    pub cause: BTreeMap<String, String>,
    pub fix: BTreeMap<String, String>,
}

/// Where a message is shown: the page, by its place among those that were asked, and the block's id.
pub type Places = BTreeSet<(usize, String)>;

/// Kind, entry and beginning that explain a message: the longest beginning counts.
pub fn explained<'a>(table: &'a Explained, message: &str) -> Option<(&'a str, &'a Entry, &'a str)> {
    let entries = table.iter().flat_map(|(kind, entries)| entries.iter().map(move |entry| (kind.as_str(), entry)));
    let all = entries.flat_map(|(kind, entry)| entry.begins.iter().map(move |begin| (kind, entry, begin.as_str())));
    all.filter(|(_, _, begin)| message.starts_with(begin)).max_by_key(|(_, _, begin)| begin.len())
}

/// The messages that these pages show.
pub fn shown(repo: &Repo, pages: &[&Page]) -> BTreeMap<String, Places> {
    let mut files: BTreeMap<&str, Places> = BTreeMap::new();
    for (order, page) in pages.iter().enumerate() {
        for file in page.includes().map(|include| include.file.as_str()) {
            if let Some(id) = in_example(file).and_then(|found| found.output_id()) {
                files.entry(file).or_default().insert((order, id));
            }
        }
    }
    let mut found: BTreeMap<String, Places> = BTreeMap::new();
    let mut of_crates: BTreeMap<&str, Vec<Captures>> = BTreeMap::new();
    for (file, places) in files {
        let (Some(example), Some(text)) = (repo.crate_of(file), repo.text(file)) else { continue };
        let own = of_crates.entry(&example.dir).or_insert_with(|| {
            repo.texts(example, &["rs", "py"]).flat_map(|(_, text)| OWN.captures_iter(text)).collect()
        });
        for message in messages(text, own) {
            found.entry(message).or_default().extend(places.iter().cloned());
        }
    }
    found
}

/// The messages in an output, without those that the program has made up itself.
fn messages(output: &str, own: &[Captures]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut panicked = false;
    for line in output.lines() {
        let matched = MESSAGE.captures(line).and_then(|found| found.iter().flatten().last());
        let message = if panicked { Some(line) } else { matched.map(|message| message.as_str()) };
        panicked = PANIC.is_match(line);
        found.extend(message.filter(|message| !is_own(message, own)).map(str::to_owned));
    }
    found
}

/// Whether the message, or what follows its type, is one that the program makes itself.
fn is_own(message: &str, own: &[Captures]) -> bool {
    let text = message.split_once(": ").map_or(message, |(_, text)| text);
    own.iter().any(|found| match found.name("beginning") {
        Some(own) => message.starts_with(own.as_str()) || text.starts_with(own.as_str()),
        None => text.ends_with(&found["end"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(output: &str, source: &str) -> Vec<String> {
        messages(output, &OWN.captures_iter(source).collect::<Vec<_>>()).into_iter().collect()
    }

    #[test]
    fn messages_are_the_lines_that_readers_paste() {
        let output = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    raise ValueError\nRuntimeError: no running event loop\n\
            <sys>:0: RuntimeWarning: coroutine 'sleep' was never awaited\nthe loop logs: Task was destroyed but it is pending!\n\
            error[E0425]: cannot find `x`\nKeyboardInterrupt\nExit code 1\n\
            E   LookupError: not there\nE   assert 1 == 2\n";
        assert_eq!(
            of(output, ""),
            [
                "KeyboardInterrupt",
                "LookupError: not there",
                "RuntimeError: no running event loop",
                "RuntimeWarning: coroutine 'sleep' was never awaited",
                "Task was destroyed but it is pending!",
                "error[E0425]: cannot find `x`",
            ]
        );
    }

    #[test]
    fn the_message_of_a_panic_stands_below_its_place() {
        let output = "thread 'main' (7) panicked at src/main.rs:3:5:\nthere is no reactor running\nnote: run with\n";
        assert_eq!(of(output, ""), ["there is no reactor running"]);
    }

    #[test]
    fn messages_of_the_program_itself_are_left_out() {
        let source = "panic!(\"nothing in {}\");\nPyKeyError::new_err(\n    \"no price \\\n    in 7\",\n)";
        let output = "LookupError: no price in 'twelve'\nValueError: invalid literal: 'twelve'\n";
        assert_eq!(of(output, source), ["ValueError: invalid literal: 'twelve'"]);
        let panicked = "thread 'a' panicked at src/lib.rs:1:1:\nrice is on the stove\n";
        assert_eq!(of(panicked, "panic!(\"{dish} is on the stove\");"), [""; 0]);
    }

    #[test]
    fn the_longest_beginning_explains_a_message() {
        let text = "[[a]]\nbegins = [\"error\"]\ncause = {}\nfix = {}\n[[b]]\nbegins = [\"x\", \"error: lost\"]\ncause = {}\nfix = {}\n";
        let table: Explained = toml::from_str(text).expect("a table");
        let found = |message| explained(&table, message).map(|(kind, _, begin)| (kind, begin));
        assert_eq!(found("error: lost property"), Some(("b", "error: lost")));
        assert_eq!(found("error: found"), Some(("a", "error")));
        assert_eq!(found("warning"), None);
    }
}
