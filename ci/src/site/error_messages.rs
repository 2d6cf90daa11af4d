//! The list of error messages, with the cause and the fix of each.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use crate::repo::Repo;
use crate::repo::messages::{self, Entry, Explained, FILE, Places};
use crate::repo::page::{self, Page};
use crate::repo::words::Words;

/// An entry with the messages that it explains, and outputs that show them: no more of a page than it takes.
struct Group<'a> {
    entry: &'a Entry,
    messages: Vec<String>,
    outputs: Places,
}

impl Group<'_> {
    fn add(&mut self, message: &str, places: &Places) {
        let mut last = None;
        for (page, id) in places {
            let first = last.replace(page) != Some(page);
            let shown = places.intersection(&self.outputs).any(|(other, _)| other == page);
            if first && !shown {
                self.outputs.insert((*page, id.clone()));
            }
        }
        self.messages.push(message.to_owned());
    }
}

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
    let groups = groups(&table, shown, kind);
    let mut list = String::new();
    for Group { entry, messages, outputs } in groups {
        let messages: Vec<String> = messages.iter().map(|message| code(message)).collect();
        list.push_str(&format!("{}\n", messages.join("<br>")));
        let language = pages.first().map_or("", |page| page.language.as_str());
        let text = |texts: &BTreeMap<String, String>| texts.get(language).cloned().unwrap_or_default();
        list.push_str(&format!(": {}\n", text(&entry.cause)));
        list.push_str(&format!(": {}\n", said.say("messages.fix").put("fix", text(&entry.fix)).done()));
        list.push_str(&format!(": {}\n\n", links(pages, &outputs, to_outputs)));
    }
    Ok(list)
}

/// The entries of a kind that explain a message, in the order of their first ones.
fn groups<'a>(table: &'a Explained, shown: &BTreeMap<String, Places>, kind: &str) -> Vec<Group<'a>> {
    let mut shown: Vec<(&String, &Places)> = shown.iter().collect();
    shown.sort_by_key(|(message, _)| message.to_lowercase());
    let mut groups: Vec<Group> = Vec::new();
    for (message, places) in shown {
        let Some((_, entry, _)) = messages::explained(table, message).filter(|(of, ..)| *of == kind) else {
            continue;
        };
        let known = groups.iter().position(|group| std::ptr::eq(group.entry, entry));
        let place = known.unwrap_or(groups.len());
        if known.is_none() {
            groups.push(Group { entry, messages: Vec::new(), outputs: Places::new() });
        }
        groups[place].add(message, places);
    }
    groups
}

/// A link to each output, or to each page. A second output of a page is called so.
fn links(pages: &[&Page], outputs: &Places, to_outputs: bool) -> String {
    let mut seen = BTreeSet::new();
    let mut of_page = BTreeMap::new();
    let mut links = Vec::new();
    for (order, id) in outputs {
        let page = pages[*order];
        let address = match to_outputs {
            true => format!("../{}#{id}", page.name),
            false => format!("../{}", page.name),
        };
        if seen.insert(address.clone()) {
            let count: &mut usize = of_page.entry(order).or_default();
            *count += 1;
            let number = if *count > 1 { format!(" ({count})") } else { String::new() };
            links.push(format!("[{}{number}]({address})", page::title(&page.text)));
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
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].messages, ["panicked: x", "x 1", "x 2"]);
        let page = Page::of("en", "start/a.md", "# T {#t}\n");
        assert_eq!(links(&[&page], &groups[0].outputs, true), "[T](../start/a.md#b) · [T (2)](../start/a.md#c)");
        assert_eq!(links(&[&page], &groups[0].outputs, false), "[T](../start/a.md)");
    }
}
