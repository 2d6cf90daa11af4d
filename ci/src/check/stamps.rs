//! Each Chinese section names the English text it was written from, by a hash after its heading.
//!
//! `<!-- en: HASH -->` is such a stamp. `<!-- en: HASH, to do since OLD -->` is that of a section which waits for
//! somebody who writes Chinese: its English has changed since `OLD`, or it is still the English text (`OLD` is `new`).

use std::ops::Range;
use std::process::Command;

use anyhow::{Context, Result};
use similar::TextDiff;

use crate::check::parity;
use crate::repo::page::{self, Section, sections};
use crate::repo::{HAN, Page, Pattern, Problem, Repo, files};
use crate::run::command;

static STAMP: Pattern = Pattern::of(r"^<!-- en: (\w+)(?:, to do since (\w+))? -->$");
/// Since when a section waits that was never written in Chinese.
const NEW: &str = "new";

impl Section {
    /// Twelve hexadecimal digits of the SHA-256 of the text, without the space around it.
    fn hash(&self) -> String {
        files::hash(self.text.trim())[..12].to_owned()
    }

    /// The hash in its stamp, and since which it waits, if it does.
    fn stamp(&self) -> Option<(&str, Option<&str>)> {
        let found = STAMP.captures(self.text.lines().nth(1)?)?;
        Some((found.get(1)?.as_str(), found.get(2).map(|since| since.as_str())))
    }

    /// Whether the stamp is that of an English text with this hash.
    fn is_of(&self, english: &str) -> bool {
        self.stamp().is_some_and(|(stamp, _)| stamp == english)
    }

    /// Since which English text the Chinese is to be written, if that has this hash now.
    fn to_do_since(&self, english: &str) -> Option<&str> {
        let (stamp, since) = self.stamp().unwrap_or((NEW, None));
        if stamp == english { since } else { since.or(Some(stamp)) }
    }

    /// The heading, and the text below it, with this stamp in the place of its own.
    fn stamped(&self, stamp: &str) -> String {
        let (heading, mut body) = self.text.split_once('\n').unwrap_or((&self.text, ""));
        if self.stamp().is_some() {
            body = body.split_once('\n').map_or("", |(_, body)| body);
        }
        format!("{heading}\n<!-- en: {stamp} -->\n{body}")
    }
}

/// Where sections wait for somebody who writes Chinese: their text may be English.
pub fn waiting(page: &Page) -> Vec<Range<usize>> {
    let all = sections(&page.text).into_iter();
    let waiting = all.filter(|section| matches!(section.stamp(), Some((_, Some(_)))));
    waiting.map(|section| section.line..section.line + section.text.matches('\n').count()).collect()
}

/// The Chinese sections, each with its page and the English section that it stands for.
fn pairs(repo: &Repo) -> Vec<(&Page, Section, Section)> {
    let mut pairs = Vec::new();
    for english in repo.pages_in("en") {
        let originals = sections(&english.text);
        let Ok(page) = repo.page("zh", &english.name) else { continue };
        for section in sections(&page.text) {
            let original = originals.iter().find(|original| original.id == section.id).cloned();
            pairs.extend(original.map(|original| (page, section, original)));
        }
    }
    pairs
}

/// Stale sections, and stamps that no heading stands above.
pub fn problems(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    let stale = pairs(repo).into_iter().filter(|(_, section, english)| !section.is_of(&english.hash()));
    for (page, section, _) in stale {
        let is_new = section.stamp().is_none();
        let why = if is_new { "it has no stamp" } else { "its English section has changed since" };
        let (id, name) = (&section.id, page.name.trim_end_matches(".md"));
        let what = format!(
            "#{id}: {why}: look at the text again (`ci/just zh-status`), then `ci/just zh-accept {name}`; if you \
             write no Chinese, `ci/just zh-later {name}`"
        );
        problems.push(page.problem(section.line, what));
    }
    // A stamp is the line below its heading. One elsewhere is left over from an edit, and says nothing.
    for page in repo.pages_in("zh") {
        let right: Vec<usize> = sections(&page.text).iter().map(|section| section.line + 1).collect();
        let stamps = (1..).zip(page.text.lines()).filter(|(_, text)| text.starts_with("<!-- en:"));
        let stray = stamps.map(|(line, _)| line).filter(|line| !right.contains(line));
        problems.extend(stray.map(|line| page.problem(line, "a second stamp: only the line below a heading is one")));
    }
    problems
}

/// Prints every section that is stale, or waits, with what changed in its English text since the stamp.
pub fn print_status(repo: &Repo) -> Result<()> {
    let mut count = 0;
    for (page, section, english) in pairs(repo) {
        let Some(since) = section.to_do_since(&english.hash()) else { continue };
        count += 1;
        println!("{} #{}", page.at(section.line), section.id);
        match english_at(repo, page, since)? {
            Some(old) => {
                let diff = TextDiff::from_lines(&old, &english.text);
                print!("{}", diff.unified_diff().context_radius(1).header("English at the stamp", "English now"));
            }
            None => println!("(no committed English text has this stamp)\n{}", english.text),
        }
        println!();
    }
    let all = repo.pages_in("zh").map(|page| sections(&page.text).len());
    println!("{count} of {} Chinese sections are to be written", all.sum::<usize>());
    Ok(())
}

/// Rewrites the stamps of one page (such as `start/first-app`): its Chinese text has been looked at.
pub fn accept(repo: &Repo, name: &str) -> Result<()> {
    let (english, chinese) = (repo.page("en", name)?, repo.page("zh", name)?);
    let originals = sections(&english.text);
    let mut text = String::new();
    for section in sections(&chinese.text) {
        let original = originals.iter().find(|original| original.id == section.id);
        let missing = || format!("{}: the English page has no section #{}", chinese.at(section.line), section.id);
        text.push_str(&section.stamped(&original.with_context(missing)?.hash()));
    }
    files::write_if_changed(&repo.root.join(chinese.file()), text.as_bytes())?;
    println!("{}: {} accepted", chinese.file(), counted(originals.len()));
    Ok(())
}

fn counted(sections: usize) -> String {
    format!("{sections} {}", if sections == 1 { "section" } else { "sections" })
}

/// Leaves the Chinese of a page to somebody who writes it: sections whose English changed get a stamp that says
/// so, and keep their text if it still has the same blocks, links and lists. Otherwise, and where there is none
/// yet, the English text stands in.
pub fn leave_for_later(repo: &Repo, name: &str) -> Result<()> {
    let english = repo.page("en", name)?;
    let chinese = repo.page("zh", name).map_or(Vec::new(), |page| sections(&page.text));
    let (mut text, mut waiting) = (String::new(), 0);
    for original in sections(&english.text) {
        let hash = original.hash();
        let old = chinese.iter().find(|section| section.id == original.id);
        let since = old.map_or(Some(NEW), |old| old.to_do_since(&hash));
        waiting += usize::from(since.is_some());
        let is_alike = |old: &&Section| {
            let [ours, theirs] = [("en", &original), ("zh", *old)]
                .map(|(language, section)| Page::of(language, &english.name, &section.text));
            parity::difference(&ours, &theirs).is_none()
        };
        // What stood in for Chinese before is as old as its stamp.
        let kept =
            old.filter(|old| old.is_of(&hash) || HAN.is_match(&old.text) && is_alike(old)).unwrap_or(&original);
        let since = since.map_or(String::new(), |since| format!(", to do since {since}"));
        text.push_str(&kept.stamped(&format!("{hash}{since}")));
    }
    let file = format!("book/zh/{}", english.name);
    files::write_if_changed(&repo.root.join(&file), text.as_bytes())?;
    println!("{file}: {} to be written in Chinese", counted(waiting));
    if !page::order(repo, "zh").contains(&english.name) {
        println!("book/zh/SUMMARY.md: list it there as in book/en/SUMMARY.md");
    }
    Ok(())
}

/// The English section that had this hash, from the history of the page.
fn english_at(repo: &Repo, page: &Page, hash: &str) -> Result<Option<String>> {
    let path = format!("book/en/{}", page.name);
    let git = |args: &[&str]| command::output_of(Command::new("git").current_dir(&repo.root).args(args));
    for commit in git(&["log", "--format=%H", "--", &path])?.lines() {
        let text = git(&["show", &format!("{commit}:{path}")]).unwrap_or_default();
        if let Some(old) = sections(&text).into_iter().find(|old| old.hash() == hash) {
            return Ok(Some(format!("{}\n\n", old.text.trim_end())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn a_changed_english_section_makes_only_its_chinese_section_stale() {
        let english = "# A {#a}\n\nOne.\n\n## B {#b}\n\nTwo.\n".to_owned();
        let stamps: Vec<String> = sections(&english).iter().map(Section::hash).collect();
        let chinese = format!(
            "# 甲 {{#a}}\n<!-- en: {} -->\n\n一。\n\n## 乙 {{#b}}\n<!-- en: {} -->\n\n二。\n",
            stamps[0], stamps[1]
        );
        let problems_of = |english: &str| problems(&tree(&[("book/en/a.md", english), ("book/zh/a.md", &chinese)]));
        assert_eq!(problems_of(&english), []);
        let problems = problems_of(&english.replace("Two", "Three"));
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].to_string().starts_with("book/zh/a.md:6: #b: its English section has changed"),
            "{problems:?}"
        );
    }

    fn later(english: &str, chinese: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = "[package]\nname = \"a\"\n";
        for (file, text) in [
            ("book/exempt.toml", ""),
            ("book/en/a.md", english),
            ("book/zh/a.md", chinese),
            ("examples/a/tokio/Cargo.toml", manifest),
            ("examples/pyo3-asyncio/a/tokio/Cargo.toml", manifest),
        ] {
            files::write_if_changed(&folder.path().join(file), text.as_bytes()).expect("a file");
        }
        let load = || Repo::load(folder.path()).expect("a tree");
        leave_for_later(&load(), "a").expect("both pages");
        assert_eq!(problems(&load()), []);
        files::read(&folder.path().join("book/zh/a.md")).expect("there")
    }

    #[test]
    fn chinese_that_waits_stays_where_only_words_changed() {
        let english = "# A {#a}\n\nOne.\n";
        let old = sections("# A {#a}\n\nNone.\n")[0].hash();
        let hash = sections(english)[0].hash();
        let chinese = format!("# 甲 {{#a}}\n<!-- en: {old} -->\n\n一。\n");
        let text = later(english, &chinese);
        let waits = format!("# 甲 {{#a}}\n<!-- en: {hash}, to do since {old} -->\n\n一。\n");
        assert_eq!(text, waits);
        assert_eq!(waiting(&Page::of("zh", "a.md", &text)).first(), Some(&(1..5)));
    }

    #[test]
    fn english_that_stands_in_is_that_of_now() {
        let english = "# A {#a}\n\nOne.\n";
        let hash = sections(english)[0].hash();
        let text = later(english, "# A {#a}\n<!-- en: 1, to do since new -->\n\nNone.\n");
        assert_eq!(text, format!("# A {{#a}}\n<!-- en: {hash}, to do since new -->\n\nOne.\n"));
    }

    #[test]
    fn english_stands_in_where_the_structure_changed_and_for_a_new_section() {
        let english = "# A {#a}\n\n- One.\n\n## B {#b}\n\nTwo.\n";
        let hashes: Vec<String> = sections(english).iter().map(Section::hash).collect();
        let text = later(english, "# 甲 {#a}\n<!-- en: 1 -->\n\n一。\n");
        assert_eq!(
            text,
            format!(
                "# A {{#a}}\n<!-- en: {}, to do since 1 -->\n\n- One.\n\n\
                 ## B {{#b}}\n<!-- en: {}, to do since new -->\n\nTwo.\n",
                hashes[0], hashes[1]
            )
        );
    }
}
