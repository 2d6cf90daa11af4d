//! Each Chinese section names the English text it was written from, by a hash after its heading.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Result, bail};
use pulldown_cmark::{Event, Tag};
use regex::Regex;
use similar::TextDiff;

use crate::page::{self, Page, line_of};
use crate::project;

static STAMP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^<!-- en: (\S+) -->$").expect("valid"));

/// A heading and the text up to the next heading.
struct Section {
    id: String,
    line: usize,
    text: String,
}

impl Section {
    /// Twelve hexadecimal digits of the SHA-256 of the text, without the space around it.
    fn hash(&self) -> String {
        project::hash(self.text.trim())[..12].to_owned()
    }

    fn stamp(&self) -> Option<&str> {
        STAMP
            .captures(self.text.lines().nth(1)?)
            .map(|parts| parts.get(1).expect("one group").as_str())
    }
}

/// A Chinese section whose English has changed, or that has no stamp.
struct Stale {
    page: String,
    id: String,
    line: usize,
    stamp: Option<String>,
    english: String,
}

/// Stale sections, a line each.
pub fn problems(pages: &[Page]) -> Vec<String> {
    stale(pages)
        .iter()
        .map(|section| {
            let why = match section.stamp {
                Some(_) => "its English section has changed since",
                None => "it has no stamp",
            };
            format!(
                "book/zh/{}:{}: #{}: {why}: look at the text again (`just zh-status`), then `just zh-accept {}`",
                section.page,
                section.line,
                section.id,
                section.page.trim_end_matches(".md")
            )
        })
        .collect()
}

/// Prints every stale section with what changed in its English text since the stamp.
pub fn print_status(root: &Path, pages: &[Page]) -> Result<()> {
    let stale = stale(pages);
    for section in &stale {
        println!("book/zh/{}:{} #{}", section.page, section.line, section.id);
        match english_at_stamp(root, section)? {
            Some(old) => {
                let diff = TextDiff::from_lines(&old, &section.english);
                print!(
                    "{}",
                    diff.unified_diff()
                        .context_radius(1)
                        .header("English at the stamp", "English now")
                );
            }
            None => println!(
                "(no committed English text has this stamp)\n{}",
                section.english
            ),
        }
        println!();
    }
    println!(
        "{} stale of {} Chinese sections",
        stale.len(),
        chinese_sections(pages)
    );
    Ok(())
}

/// Rewrites the stamps of one page (such as `start/first-app`): its Chinese text has been looked at.
pub fn accept(root: &Path, pages: &[Page], name: &str) -> Result<()> {
    let name = format!("{}.md", name.trim_end_matches(".md"));
    let of = |language: &str| {
        pages
            .iter()
            .find(|page| page.language == language && page.name == name)
    };
    let (Some(english), Some(chinese)) = (of("en"), of("zh")) else {
        bail!("{name}: no such page in both languages (write it like start/first-app)");
    };
    let originals = sections(&english.text);
    let mut text = String::new();
    for section in sections(&chinese.text) {
        let Some(original) = originals.iter().find(|original| original.id == section.id) else {
            bail!(
                "{}: the English page has no section #{}",
                chinese.at(section.line),
                section.id
            );
        };
        let (heading, rest) = section.text.split_once('\n').unwrap_or((&section.text, ""));
        let body = match section.stamp() {
            Some(_) => rest.split_once('\n').map_or("", |(_, body)| body),
            None => rest,
        };
        text.push_str(&format!(
            "{heading}\n<!-- en: {} -->\n{body}",
            original.hash()
        ));
    }
    project::write_if_changed(&root.join("book/zh").join(&name), text.as_bytes())?;
    println!("book/zh/{name}: {} sections accepted", originals.len());
    Ok(())
}

fn stale(pages: &[Page]) -> Vec<Stale> {
    let mut stale = Vec::new();
    for english in pages.iter().filter(|page| page.language == "en") {
        let Some(chinese) = pages
            .iter()
            .find(|page| page.language == "zh" && page.name == english.name)
        else {
            continue;
        };
        let originals = sections(&english.text);
        for section in sections(&chinese.text) {
            let Some(original) = originals.iter().find(|original| original.id == section.id) else {
                continue;
            };
            if section.stamp() != Some(&original.hash()) {
                stale.push(Stale {
                    page: chinese.name.clone(),
                    id: section.id.clone(),
                    line: section.line,
                    stamp: section.stamp().map(str::to_owned),
                    english: original.text.clone(),
                });
            }
        }
    }
    stale
}

fn chinese_sections(pages: &[Page]) -> usize {
    pages
        .iter()
        .filter(|page| page.language == "zh")
        .map(|page| sections(&page.text).len())
        .sum()
}

fn sections(text: &str) -> Vec<Section> {
    let starts: Vec<(usize, String)> = page::parse(text)
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Heading { id, .. }) => {
                Some((range.start, id.map(|id| id.to_string()).unwrap_or_default()))
            }
            _ => None,
        })
        .collect();
    let ends = starts
        .iter()
        .skip(1)
        .map(|(start, _)| *start)
        .chain([text.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|((start, id), end)| Section {
            id: id.clone(),
            line: line_of(text, *start),
            text: text[*start..end].to_owned(),
        })
        .collect()
}

/// The English section as it was when the Chinese one was stamped, from the history.
fn english_at_stamp(root: &Path, section: &Stale) -> Result<Option<String>> {
    let Some(stamp) = &section.stamp else {
        return Ok(None);
    };
    let path = format!("book/en/{}", section.page);
    let git = |args: &[&str]| project::output_of(Command::new("git").current_dir(root).args(args));
    for commit in git(&["log", "--format=%H", "--", &path])?.lines() {
        let Ok(text) = git(&["show", &format!("{commit}:{path}")]) else {
            continue;
        };
        if let Some(old) = sections(&text).into_iter().find(|old| old.hash() == *stamp) {
            return Ok(Some(format!("{}\n\n", old.text.trim_end())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(language: &str, text: String) -> Page {
        Page {
            language: language.into(),
            name: "a.md".into(),
            text,
            fences: Vec::new(),
        }
    }

    #[test]
    fn a_changed_english_section_makes_only_its_chinese_section_stale() {
        let english = "# A {#a}\n\nOne.\n\n## B {#b}\n\nTwo.\n".to_owned();
        let stamps: Vec<String> = sections(&english).iter().map(Section::hash).collect();
        let chinese = format!(
            "# 甲 {{#a}}\n<!-- en: {} -->\n\n一。\n\n## 乙 {{#b}}\n<!-- en: {} -->\n\n二。\n",
            stamps[0], stamps[1]
        );
        let fresh = [page("en", english.clone()), page("zh", chinese.clone())];
        assert!(problems(&fresh).is_empty());
        let changed = [
            page("en", english.replace("Two", "Three")),
            page("zh", chinese),
        ];
        let problems = problems(&changed);
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("book/zh/a.md:6: #b: its English section has changed"),
            "{problems:?}"
        );
    }
}
