//! Every error message that the pages show, in alphabetical order, from the captures and the compiler's messages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use crate::repo::Repo;
use crate::repo::bridge::in_example;
use crate::repo::example::ExampleCrate;
use crate::repo::page::{self, Page};

/// The last line of a traceback, a warning behind its place, what asyncio and the interpreter log, the
/// compiler's and cargo's errors, and what a Rust `main` returns.
static MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:\S+:\d+: |caught )?((?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Panic|Group|Iteration)(?:: .+)?)$",
        r"|((?:Task|Future) exception was never retrieved|Task was destroyed but it is pending!)",
        r"|(Fatal Python error: .+|Segmentation fault)",
        r"|^(error(?:\[E\d+\])?: .+|Error: .+)$",
    ))
    .expect("valid")
});

/// Rust writes the message of a panic into the next line.
static PANIC: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^thread '.*' (?:\(\d+\) )?panicked at ").expect("valid"));

/// The fixed beginning of a message that a program makes itself.
static OWN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:raise \w+\(|new_err\(|panic!\(|panic_any\(|expect\(|format!\(|eprintln!\(|write!\(|#\[error\()",
        r#"[^"';]{0,40}["']([^"'{\\]{4,})"#
    ))
    .expect("valid")
});

/// Where a message is shown: the title of the page, and its address with the block's.
type Place = (usize, String, String);

/// The messages on the pages of one language, with links as from a page in a folder. They lead to the
/// very output if `to_outputs`; in plain Markdown an output has no address.
pub fn list(repo: &Repo, pages: &[&Page], to_outputs: bool) -> Result<String> {
    let mut found: BTreeMap<(String, String), BTreeSet<Place>> = BTreeMap::new();
    for (order, page) in pages.iter().enumerate() {
        for include in page.includes() {
            let Some((example, id)) = shown(repo, &include.file) else {
                continue;
            };
            let own = own_messages(repo, example);
            for message in messages(repo.must(&include.file)?, &own) {
                let title = page::title(&page.text);
                let place = (order, title, address(page, to_outputs.then_some(&id)));
                let key = (message.to_lowercase(), message);
                found.entry(key).or_default().insert(place);
            }
        }
    }
    Ok(found
        .into_iter()
        .map(|((_, message), places)| format!("{}\n: {}\n\n", code(&message), links(&places)))
        .collect())
}

fn address(page: &Page, id: Option<&String>) -> String {
    match id {
        Some(id) => format!("../{}#{id}", page.name),
        None => format!("../{}", page.name),
    }
}

/// The crate whose output the file is, and the id of the block that shows it.
fn shown<'a>(repo: &'a Repo, file: &str) -> Option<(&'a ExampleCrate, String)> {
    let id = in_example(file)?.output_id()?;
    Some((repo.crate_of(file)?, id))
}

/// One link for each page, to the first block there that has the message.
fn links(places: &BTreeSet<Place>) -> String {
    let mut links: Vec<String> = Vec::new();
    let mut last = None;
    for (order, title, address) in places {
        if last.replace(order) != Some(order) {
            links.push(format!("[{title}]({address})"));
        }
    }
    links.join(" · ")
}

/// As code, whatever it holds.
fn code(message: &str) -> String {
    let longest = message.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    match longest {
        0 => format!("{ticks}{message}{ticks}"),
        _ => format!("{ticks} {message} {ticks}"),
    }
}

/// The messages in an output, without those that the program has made up itself.
fn messages(output: &str, own: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut panicked = false;
    for line in output.lines() {
        let message = match MESSAGE.captures(line) {
            _ if panicked => Some(line),
            Some(found) => found.iter().skip(1).flatten().map(|part| part.as_str()).next(),
            None => None,
        };
        panicked = PANIC.is_match(line);
        if let Some(message) = message.filter(|message| !is_own(message, own)) {
            found.insert(message.to_owned());
        }
    }
    found
}

/// Whether the message, or what follows its type, begins like one of the program's own.
fn is_own(message: &str, own: &[String]) -> bool {
    let text = message.split_once(": ").map_or(message, |(_, text)| text);
    own.iter().any(|own| message.starts_with(own) || text.starts_with(own))
}

/// How the messages begin that the sources of a crate make.
fn own_messages(repo: &Repo, example: &ExampleCrate) -> Vec<String> {
    repo.texts(example, &["rs", "py"]).flat_map(|(_, text)| beginnings(text)).collect()
}

fn beginnings(source: &str) -> Vec<String> {
    let found = OWN.captures_iter(source);
    found.map(|found| found[1].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(output: &str, own: &[&str]) -> Vec<String> {
        let own: Vec<String> = own.iter().map(|&text| text.to_owned()).collect();
        messages(output, &own).into_iter().collect()
    }

    #[test]
    fn messages_are_the_lines_that_readers_paste() {
        let output = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    raise ValueError\nRuntimeError: no running event loop\n\
            <sys>:0: RuntimeWarning: coroutine 'sleep' was never awaited\nthe loop logs: Task was destroyed but it is pending!\n\
            error[E0425]: cannot find `x`\nKeyboardInterrupt\nExit code 1\n";
        assert_eq!(
            of(output, &[]),
            [
                "KeyboardInterrupt",
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
        assert_eq!(of(output, &[]), ["there is no reactor running"]);
    }

    #[test]
    fn messages_of_the_program_itself_are_left_out() {
        let source = "panic!(\"nothing in {}\");\nPyKeyError::new_err(\n    \"no price \\\n    in 7\",\n)";
        assert_eq!(beginnings(source), ["nothing in ", "no price "]);
        let output = "LookupError: no price in 'twelve'\nValueError: invalid literal: 'twelve'\n";
        assert_eq!(of(output, &["no price "]), ["ValueError: invalid literal: 'twelve'"]);
    }

    #[test]
    fn ticks_in_a_message_stay_inside_of_the_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("the `x`"), "`` the `x` ``");
    }
}
