//! What the site says of its own verification: a paragraph at the end of each page, and the status page.
//!
//! Both come from the record of the last whole run, and only if that run was of these very sources.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::tested_by;
use crate::repo::words::{Said, Words};
use crate::repo::{Page, Repo, page};
use crate::results::verdict::{self, Kind, Proof, Verdict};
use crate::results::{self, record::Record};
use crate::site::downloads;

/// The page of the status, from a language's folder.
const STATUS_PAGE: &str = "appendix/status.md";

/// All that the pages of one language say of the last run.
pub struct Status<'a> {
    record: Option<Record>,
    /// The steps of the record that prove something on a page, by the page's file, or a crate, by its name.
    steps: BTreeMap<String, Vec<usize>>,
    repo: &'a Repo,
    language: &'a str,
    words: Words,
}

/// What the record says of one page.
struct OfPage<'r> {
    /// How many blocks of each kind were proved, or failed.
    counts: BTreeMap<Kind, usize>,
    /// The steps that prove something on the page and failed.
    failed: Vec<&'r str>,
    /// On which a step of its blocks, or of its crates, ran.
    days: BTreeSet<&'r str>,
    /// How many tests ran of the crates that it shows, and of how many crates.
    tests: usize,
    crates: usize,
}

impl<'a> Status<'a> {
    pub fn of(repo: &'a Repo, language: &'a str, words: &Words) -> Self {
        let record = Record::of_these_sources(repo);
        Self {
            steps: record.as_ref().map(by_place).unwrap_or_default(),
            record,
            repo,
            language,
            words: words.clone(),
        }
    }

    fn of_page<'r>(&'r self, record: &'r Record, page: &Page) -> OfPage<'r> {
        let (file, crates) = (page.file(), tested_by::crates_of(self.repo, page));
        let steps = |place: &str| self.steps.get(place).into_iter().flatten().map(|index| &record.steps[*index]);
        let proofs = steps(&file).flat_map(|step| &step.proves).filter(|proof| proof.file == file);
        let mut counts = BTreeMap::new();
        for proof in proofs.collect::<BTreeSet<_>>() {
            *counts.entry(proof.kind).or_insert(0) += 1;
        }
        let failed = steps(&file).filter(|step| !step.passed).map(|step| step.name.as_str());
        let of_all = |step: &&Verdict| step.proves.iter().any(|proof| proof.kind == Kind::Pages);
        let of_both = steps(&file).chain(crates.iter().flat_map(|name| steps(name)));
        let tests = crates.iter().filter_map(|name| record.tests.get(name)).filter(|tests| !tests.is_empty());
        OfPage {
            counts,
            failed: failed.collect(),
            days: of_both.filter(|step| !of_all(step)).map(|step| step.ran.as_str()).collect(),
            tests: tests.clone().map(BTreeSet::len).sum(),
            crates: tests.count(),
        }
    }

    /// The paragraph for the end of a page, named as in the language's folder.
    pub fn paragraph(&self, name: &str) -> String {
        let page = self.repo.pages_in(self.language).find(|page| page.name == name);
        let sentence = match (&self.record, page) {
            (Some(record), Some(page)) => self.sentence(record, page),
            _ => self.words.text("status.unverified"),
        };
        let crates = page.map_or(String::new(), |page| downloads::of_page(self.repo, page, &self.words));
        let anchor = downloads::ANCHOR;
        format!("\n\n<div class=\"verified\" id=\"{anchor}\">\n\n{sentence}\n\n{crates}\n\n</div>\n")
    }

    /// Of a page without blocks and crates the days are those of the whole run.
    fn sentence(&self, record: &Record, page: &Page) -> String {
        let of_page = self.of_page(record, page);
        let first = *of_page.days.first().unwrap_or(&record.since());
        let last = *of_page.days.last().unwrap_or(&record.date.as_str());
        let when = match first == last {
            true => self.words.say("status.on").put("day", first).done(),
            false => self.words.say("status.between").put("first", first).put("last", last).done(),
        };
        let steps = of_page.failed.join(&self.words.text("status.comma"));
        let verdict = match of_page.failed.is_empty() {
            true => self.words.text("status.passed"),
            false => self.words.say("status.failed").put("steps", steps).done(),
        };
        let up = "../".repeat(page.name.matches('/').count());
        of_run(self.words.say("status.sentence"), record)
            .put("when", when)
            .put("proved", self.proved(record, &of_page))
            .put("verdict", verdict)
            .put("link", format!("{up}{STATUS_PAGE}"))
            .done()
    }

    /// The body of the status page.
    pub fn tables(&self) -> String {
        let Some(record) = &self.record else {
            return self.words.text("status.unverified");
        };
        let proofs = verdict::proofs(&record.steps);
        let kinds = Kind::ALL.map(|(kind, name)| {
            let count = |language: &str| {
                let of = |proof: &&&Proof| proof.kind == kind && ["", language].contains(&proof.language.as_str());
                proofs.keys().filter(of).count().to_string()
            };
            vec![self.words.text(&format!("kind.{}", key(name))), count("en"), count("zh")]
        });
        let pages = self.repo.pages_in(self.language).map(|page| self.row(record, page));
        let head = |words: String| words.split(" | ").map(str::to_owned).collect::<Vec<_>>();
        let kinds = results::table(&head(self.words.text("status.counts-head")), "---:", kinds);
        let pages = results::table(&head(self.words.text("status.pages-head")), "---:", pages);
        let folded =
            format!("<details>\n<summary>{}</summary>\n\n{pages}\n\n</details>", self.words.text("status.pages"));
        format!("{}\n\n{kinds}\n\n{folded}\n", self.summary(record))
    }

    fn summary(&self, record: &Record) -> String {
        let counted = |kind, count| if count == 0 { String::new() } else { self.words.counted(kind, count) };
        let failed = record.count(|step| !step.passed);
        of_run(self.words.say("status.summary"), record)
            .put("date", &record.date)
            .put("passed", record.steps.len() - failed)
            .put("failed", failed)
            .put("kept", counted("kept", record.count(|step| step.kept)))
            .put("since", record.since())
            .put("alone", counted("alone", record.count(|step| step.alone && step.passed)))
            .done()
    }

    fn row(&self, record: &Record, page: &Page) -> Vec<String> {
        let OfPage { counts, failed, tests, .. } = self.of_page(record, page);
        let link = format!("[{}](../{})", page::title(&page.text), page.name);
        let page = if failed.is_empty() { format!("✓ {link}") } else { format!("{link}: {}", failed.join(", ")) };
        let counts = of_blocks().map(|(kind, _)| counts.get(&kind).unwrap_or(&0).to_string());
        [vec![page], counts.collect(), vec![tests.to_string()]].concat()
    }

    /// The blocks of the page and the tests of its crates; of a page that has neither, the steps of the whole run.
    fn proved(&self, record: &Record, of_page: &OfPage) -> String {
        let counted = |(kind, name): (Kind, &str)| Some(self.words.counted(&key(name), *of_page.counts.get(&kind)?));
        let blocks: Vec<String> = of_blocks().filter_map(counted).collect();
        let blocks = blocks.join(&self.words.text("status.comma"));
        let tests = self.words.counted("tests", of_page.tests);
        let crates = self.words.counted("crates", of_page.crates);
        let tests = self.words.say("status.tests-of").put("tests", tests).put("crates", crates).done();
        match (blocks.is_empty(), of_page.crates) {
            (true, 0) => self.words.counted("steps", record.steps.len()),
            (false, 0) => blocks,
            (true, _) => tests,
            (false, _) => self.words.say("status.and").put("blocks", blocks).put("tests", tests).done(),
        }
    }
}

/// The kinds of blocks, which a page counts.
fn of_blocks() -> impl Iterator<Item = (Kind, &'static str)> {
    Kind::ALL.into_iter().filter(|(kind, _)| !matches!(kind, Kind::Pages | Kind::Crates | Kind::Outputs))
}

/// The name of a kind in `book/words.toml`.
fn key(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// With what the run was made.
fn of_run(said: Said, record: &Record) -> Said {
    said.put("python", &record.python).put("rust", &record.rust).put("system", &record.system)
}

/// The numbers of a record's steps, by the page or crate that they prove something of.
fn by_place(record: &Record) -> BTreeMap<String, Vec<usize>> {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, step) in record.steps.iter().enumerate() {
        for file in step.proves.iter().map(|proof| &proof.file).collect::<BTreeSet<_>>() {
            places.entry(file.clone()).or_default().push(index);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const SHOWN: &str = "\n\n```rust\n{{#include ../../../examples/first/tokio/src/lib.rs}}\n```\n";

    fn repo() -> Repo {
        let page = format!("# First {{#first}}{SHOWN}");
        tree(&[
            ("book/words.toml", include_str!("../../../book/words.toml")),
            ("book/en/start/first.md", &page),
            ("book/zh/start/first.md", &page),
            ("book/en/start/text.md", "# Text {#text}\n"),
            ("examples/first/tokio/src/lib.rs", ""),
        ])
    }

    fn step(name: &str, passed: bool, ran: &str, proves: &[(Kind, &str, usize)]) -> Verdict {
        let proof = |&(kind, file, line): &(Kind, &str, usize)| Proof {
            kind,
            language: if kind == Kind::Crates { "" } else { "en" }.to_owned(),
            file: file.to_owned(),
            line,
            part: 0,
        };
        let proves = proves.iter().map(proof).collect();
        Verdict {
            name: name.to_owned(),
            passed,
            kept: passed && name == "kept",
            alone: name == "ran",
            ran: ran.to_owned(),
            seconds: 1.0,
            proves,
        }
    }

    const PAGE: &str = "book/en/start/first.md";

    fn said<'a>(repo: &'a Repo, language: &'a str, steps: Vec<Verdict>, tests: &[&str]) -> Status<'a> {
        let tests = tests.iter().map(|name| (*name).to_owned()).collect();
        let record = Record {
            date: "2026-11-29".to_owned(),
            python: "3.11.7".to_owned(),
            rust: "1.95.0".to_owned(),
            system: "linux".to_owned(),
            sources: String::new(),
            steps,
            tests: BTreeMap::from([("first/tokio".to_owned(), tests)]),
        };
        let words = Words::of(repo, language).expect("words");
        Status { steps: by_place(&record), record: Some(record), repo, language, words }
    }

    fn sentence(status: &Status, name: &str) -> String {
        let paragraph = status.paragraph(name);
        let inside =
            paragraph.strip_prefix("\n\n<div class=\"verified\" id=\"download\">\n\n").expect("a block of its own");
        inside.split("\n\n").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_page_counts_its_blocks_and_the_tests_of_its_crates() {
        let repo = repo();
        let blocks = [(Kind::RustBlocks, PAGE, 3), (Kind::RustBlocks, PAGE, 9), (Kind::Transcripts, PAGE, 20)];
        let steps = vec![
            step("blocks", true, "2026-11-28", &blocks),
            step("twice", true, "2026-11-27", &blocks[..1]),
            step("first/tokio", true, "2026-11-26", &[(Kind::Crates, "first/tokio", 0)]),
            step("pages", true, "2026-11-29", &[(Kind::Pages, PAGE, 0)]),
        ];
        assert_eq!(
            sentence(&said(&repo, "en", steps, &["it_adds", "it_ends"]), "start/first.md"),
            "Last run between 2026-11-26 and 2026-11-28 with CPython 3.11.7, Rust 1.95.0, linux: 2 Rust blocks, \
             1 transcript, and 2 tests of 1 crate; all passed. [The whole run](../appendix/status.md)"
        );
    }

    #[test]
    fn a_page_says_only_what_it_has() {
        let repo = repo();
        let block = || vec![step("a", true, "2026-11-29", &[(Kind::RustBlocks, PAGE, 3)])];
        let part = |steps, tests: &[&str], name: &str| {
            let text = sentence(&said(&repo, "en", steps, tests), name);
            let (_, rest) = text.split_once("linux: ").expect("a system");
            rest.split(';').next().unwrap_or_default().to_owned()
        };
        assert_eq!(part(block(), &[], "start/first.md"), "1 Rust block");
        assert_eq!(part(Vec::new(), &["a_b_c"], "start/first.md"), "1 test of 1 crate");
        assert_eq!(part(block(), &["a_b_c"], "start/text.md"), "1 step");
    }

    #[test]
    fn what_failed_is_named() {
        let repo = repo();
        let blocks = [(Kind::RustBlocks, PAGE, 3)];
        let steps = || {
            vec![
                step("one", false, "2026-11-29", &blocks),
                step("other", true, "2026-11-29", &blocks),
                step("third", false, "2026-11-29", &blocks),
            ]
        };
        let text = sentence(&said(&repo, "en", steps(), &[]), "start/first.md");
        assert!(
            text.starts_with("Last run on 2026-11-29 with") && text.contains("; **failed: one, third**."),
            "{text}"
        );
        let tables = said(&repo, "en", steps(), &[]).tables();
        assert!(tables.contains("| [First](../start/first.md): one, third | 1 | 0 | 0 | 0 | 0 |\n"), "{tables}");
    }

    #[test]
    fn without_a_record_nothing_is_claimed() {
        let repo = repo();
        let status = Status::of(&repo, "en", &Words::of(&repo, "en").expect("words"));
        let unverified = "This copy of the guide was built without a whole run";
        assert!(
            sentence(&status, "start/first.md").starts_with(unverified) && status.tables().starts_with(unverified)
        );
        let recorded = said(&repo, "en", Vec::new(), &[]);
        assert!(sentence(&recorded, "no/such.md").starts_with(unverified));
    }

    #[test]
    fn the_status_page_counts_all_and_has_a_row_for_each_page() {
        let repo = repo();
        let steps = vec![
            step("kept", true, "2026-11-20", &[(Kind::Crates, "first/tokio", 0), (Kind::PythonBlocks, PAGE, 5)]),
            step("ran", true, "2026-11-29", &[(Kind::PythonBlocks, PAGE, 5), (Kind::Manifests, PAGE, 7)]),
            step("failed", false, "2026-11-29", &[(Kind::Outputs, PAGE, 9)]),
        ];
        assert_eq!(
            said(&repo, "en", steps, &["it_adds"]).tables(),
            "The last whole run ended on 2026-11-29 with CPython 3.11.7, Rust 1.95.0, on linux: 2 steps passed, \
             1 failed. 1 of them was [not run again](#numbers): it had already passed, on 2026-11-20, and nothing that \
             it uses has changed since. 1 step passed only [at the second try](#numbers).\n\n\
             | Verified | English | Chinese |\n|---|---:|---:|\n\
             | pages | 0 | 0 |\n| crates | 1 | 1 |\n| Rust blocks | 0 | 0 |\n| Python blocks | 1 | 0 |\n\
             | manifest blocks | 1 | 0 |\n| transcripts | 0 | 0 |\n| captured outputs | 1 | 0 |\n\n\
             <details>\n<summary>The results of each page</summary>\n\n\
             | Page | Rust | Python | Manifests | Transcripts | Tests |\n|---|---:|---:|---:|---:|---:|\n\
             | [First](../start/first.md): failed | 0 | 1 | 1 | 0 | 1 |\n\
             | ✓ [Text](../start/text.md) | 0 | 0 | 0 | 0 | 0 |\n\n</details>\n"
        );
    }
}
