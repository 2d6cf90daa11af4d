//! The list of error messages, with the cause and the fix of each.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use crate::repo::messages::{self, Entry, Explained, FILE, Places};
use crate::repo::{Page, Repo, page, words::Words};

/// An entry with the messages that it explains, and outputs that show them: no more of a page than it takes.
type Group<'a> = (&'a Entry, Vec<&'a str>, Places);

/// The messages of a kind of those that the pages of one language show, with links as from a page in a folder. They
/// lead to the very output if `to_outputs`; in plain Markdown an output has no address.
pub fn list(
    repo: &Repo,
    (pages, shown): (&[&Page], &BTreeMap<String, Places>),
    said: &Words,
    kind: &str,
    to_outputs: bool,
) -> Result<String> {
    let table: Explained = repo.table(FILE)?;
    ensure!(table.contains_key(kind), "{FILE} has no messages of that kind");
    let language = pages.first().map_or("", |page| page.language.as_str());
    let text = |texts: &BTreeMap<String, String>| texts.get(language).cloned().unwrap_or_default();
    let item = |(entry, messages, outputs): Group| {
        let messages: Vec<String> = messages.into_iter().map(code).collect();
        let fix = said.say("messages.fix").put("fix", text(&entry.fix)).done();
        let links = links(pages, &outputs, to_outputs);
        format!("{}\n: {}\n: {fix}\n: {links}\n\n", messages.join("<br>"), text(&entry.cause))
    };
    Ok(groups(&table, shown, kind).into_iter().map(item).collect())
}

/// The entries of a kind that explain a message, in the order of their first ones.
fn groups<'a>(table: &'a Explained, shown: &'a BTreeMap<String, Places>, kind: &str) -> Vec<Group<'a>> {
    let mut shown: Vec<(&String, &Places)> = shown.iter().collect();
    shown.sort_by_key(|(message, _)| message.to_lowercase());
    let mut groups: Vec<Group> = Vec::new();
    for (message, places) in shown {
        let Some((_, entry, _)) = messages::explained(table, message).filter(|(of, ..)| *of == kind) else {
            continue;
        };
        let known = groups.iter().position(|(other, ..)| std::ptr::eq(*other, entry));
        let place = known.unwrap_or_else(|| {
            groups.push((entry, Vec::new(), Places::new()));
            groups.len() - 1
        });
        let (_, messages, outputs) = &mut groups[place];
        messages.push(message);
        // The first output of each page that shows none of it yet.
        let mut pages: BTreeSet<usize> = places.intersection(outputs).map(|(page, _)| *page).collect();
        outputs.extend(places.iter().filter(|(page, _)| pages.insert(*page)).cloned());
    }
    groups
}

/// A link to each output, or to each page. A second output of a page is called so.
fn links(pages: &[&Page], outputs: &Places, to_outputs: bool) -> String {
    let mut of_pages: BTreeMap<usize, usize> = BTreeMap::new();
    let mut links = Vec::new();
    for (order, id) in outputs {
        let page = pages[*order];
        let count = of_pages.entry(*order).or_default();
        *count += 1;
        let title = page::title(&page.text);
        let number = if *count > 1 { format!(" ({count})") } else { String::new() };
        match (to_outputs, *count) {
            (true, _) => links.push(format!("[{title}{number}](../{}#{id})", page.name)),
            (false, 1) => links.push(format!("[{title}](../{})", page.name)),
            (false, _) => {}
        }
    }
    links.join(" · ")
}

/// As code, whatever it holds.
fn code(message: &str) -> String {
    let longest = message.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let space = if longest == 0 { "" } else { " " };
    format!("{ticks}{space}{message}{space}{ticks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_in_a_message_stay_inside_of_the_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("the `x`"), "`` the `x` ``");
    }

    #[test]
    fn an_entry_stands_once_with_all_its_messages_and_as_few_outputs_as_it_takes() {
        let text = "[[a]]\nbegins = [\"x\", \"panicked: x\"]\ncause = {}\nfix = {}\n[[b]]\nbegins = [\"y\"]\ncause = {}\nfix = {}\n";
        let table: Explained = toml::from_str(text).expect("a table");
        let places = |ids: &[&str]| ids.iter().map(|id| (0, (*id).to_owned())).collect::<Places>();
        let shown = [("x 1", &["a", "b"][..]), ("panicked: x", &["b"]), ("x 2", &["c", "d"]), ("y", &["e"])];
        let shown = shown.map(|(message, ids)| (message.to_owned(), places(ids))).into();
        let groups = groups(&table, &shown, "a");
        let (_, messages, outputs) = &groups[0];
        assert_eq!((groups.len(), messages.as_slice()), (1, &["panicked: x", "x 1", "x 2"][..]));
        let page = Page::of("en", "start/a.md", "# T {#t}\n");
        assert_eq!(links(&[&page], outputs, true), "[T](../start/a.md#b) · [T (2)](../start/a.md#c)");
        assert_eq!(links(&[&page], outputs, false), "[T](../start/a.md)");
    }
}
