//! What the site says of its own verification: a paragraph at the end of each page, and the status page.
//!
//! Both come from the record of the last whole run, and only if that run was of these very sources.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::tested_by;
use crate::repo::Repo;
use crate::repo::page::{self, Page};
use crate::repo::words::Words;
use crate::results::record::Record;
use crate::results::verdict::{self, Kind, Proof, Verdict};
use crate::site::downloads;

/// The kinds of blocks that a page counts, and their names in `book/words.toml`.
const BLOCKS: [(Kind, &str); 4] = [
    (Kind::RustBlocks, "rust-blocks"),
    (Kind::PythonBlocks, "python-blocks"),
    (Kind::Manifests, "manifests"),
    (Kind::Transcripts, "transcripts"),
];
const KINDS: [(Kind, &str); 7] = [
    (Kind::Pages, "kind.pages"),
    (Kind::Crates, "kind.crates"),
    (Kind::RustBlocks, "kind.rust-blocks"),
    (Kind::PythonBlocks, "kind.python-blocks"),
    (Kind::Manifests, "kind.manifests"),
    (Kind::Transcripts, "kind.transcripts"),
    (Kind::Outputs, "kind.outputs"),
];

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

    fn downloads(&self, name: &str) -> String {
        self.page(name).map_or(String::new(), |page| downloads::of_page(self.repo, page, &self.words))
    }

    fn page(&self, name: &str) -> Option<&'a Page> {
        self.repo.pages_in(self.language).find(|page| page.name == name)
    }

    /// The steps that prove something on a page, or of a crate.
    fn steps<'r>(&'r self, record: &'r Record, place: &str) -> impl Iterator<Item = &'r Verdict> {
        let found = self.steps.get(place).into_iter().flatten();
        found.map(|index| &record.steps[*index])
    }

    /// The first and the last day on which a step of the page ran: of its blocks, and of the tests of its
    /// crates; of a page that has neither, of the whole run.
    fn days<'r>(&'r self, record: &'r Record, page: &Page) -> (&'r str, &'r str) {
        let crates = tested_by::crates_of(self.repo, page);
        let places = std::iter::once(page.file()).chain(crates);
        let steps = places.flat_map(|place| self.steps(record, &place).collect::<Vec<_>>());
        let of_all = |step: &&Verdict| step.proves.iter().any(|proof| proof.kind == Kind::Pages);
        let days: BTreeSet<&str> = steps.filter(|step| !of_all(step)).map(|step| step.ran.as_str()).collect();
        match (days.first(), days.last()) {
            (Some(first), Some(last)) => (first, last),
            _ => (record.since(), &record.date),
        }
    }

    /// The paragraph for the end of a page, named as in the language's folder.
    pub fn paragraph(&self, name: &str) -> String {
        let sentence = match (&self.record, self.page(name)) {
            (Some(record), Some(page)) => self.sentence(record, page),
            _ => self.words.text("status.unverified"),
        };
        let anchor = downloads::ANCHOR;
        format!("\n\n<div class=\"verified\" id=\"{anchor}\">\n\n{sentence}\n\n{}\n\n</div>\n", self.downloads(name))
    }

    fn sentence(&self, record: &Record, page: &Page) -> String {
        let when = match self.days(record, page) {
            (first, last) if first == last => self.words.say("status.on").put("day", first).done(),
            (first, last) => self.words.say("status.between").put("first", first).put("last", last).done(),
        };
        let verdict = match self.failed(record, page).as_slice() {
            [] => self.words.text("status.passed"),
            failed => {
                let steps = failed.join(&self.words.text("status.comma"));
                self.words.say("status.failed").put("steps", steps).done()
            }
        };
        let up = "../".repeat(page.name.matches('/').count());
        self.words
            .say("status.sentence")
            .put("when", when)
            .put("python", &record.python)
            .put("rust", &record.rust)
            .put("system", &record.system)
            .put("proved", self.proved(record, page))
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
        let head = |name: &str, columns: usize| format!("{}\n|{}\n", self.words.text(name), "---|".repeat(columns));
        let mut text = format!("{}\n\n{}", self.summary(record), head("status.counts-head", 3));
        for (kind, name) in KINDS {
            let count = |language: &str| {
                let of = |proof: &&&Proof| proof.kind == kind && ["", language].contains(&proof.language.as_str());
                proofs.keys().filter(of).count()
            };
            let name = self.words.text(name);
            text.push_str(&format!("| {name} | {} | {} |\n", count("en"), count("zh")));
        }
        text.push_str(&format!("\n{}", head("status.pages-head", 7)));
        let pages = self.repo.pages_in(self.language);
        text.extend(pages.map(|page| self.row(record, page)));
        text
    }

    fn summary(&self, record: &Record) -> String {
        let kept = match record.kept() {
            0 => String::new(),
            kept => self.words.counted("kept", kept).replace("{since}", record.since()),
        };
        let alone = match record.passed_alone() {
            0 => String::new(),
            alone => self.words.counted("alone", alone),
        };
        self.words
            .say("status.summary")
            .put("date", &record.date)
            .put("python", &record.python)
            .put("rust", &record.rust)
            .put("system", &record.system)
            .put("passed", record.steps.len() - record.failed())
            .put("failed", record.failed())
            .put("kept", kept)
            .put("alone", alone)
            .done()
    }

    fn row(&self, record: &Record, page: &Page) -> String {
        let counts = self.counts(record, page);
        let count = |(kind, _): (Kind, &str)| counts.get(&kind).copied().unwrap_or(0).to_string();
        let verdict = match self.failed(record, page).as_slice() {
            [] => "✓".to_owned(),
            failed => failed.join(", "),
        };
        format!(
            "| [{}](../{}) | {} | {} | {verdict} |\n",
            page::title(&page.text),
            page.name,
            BLOCKS.map(count).join(" | "),
            self.tests(record, page).0
        )
    }

    /// The steps that prove something on the page and failed.
    fn failed<'r>(&'r self, record: &'r Record, page: &Page) -> Vec<&'r str> {
        let file = page.file();
        let failed = self.steps(record, &file).filter(|step| !step.passed);
        failed.map(|step| step.name.as_str()).collect()
    }

    /// How many blocks of each kind on the page were proved, or failed.
    fn counts(&self, record: &Record, page: &Page) -> BTreeMap<Kind, usize> {
        let file = page.file();
        let proofs: BTreeSet<&Proof> =
            self.steps(record, &file).flat_map(|step| &step.proves).filter(|proof| proof.file == file).collect();
        let mut counts = BTreeMap::new();
        for proof in proofs {
            *counts.entry(proof.kind).or_insert(0) += 1;
        }
        counts
    }

    /// The blocks of the page and the tests of its crates; of a page that has neither, the steps of the whole run.
    fn proved(&self, record: &Record, page: &Page) -> String {
        let counts = self.counts(record, page);
        let counted = |(kind, name): (Kind, &str)| Some(self.words.counted(name, *counts.get(&kind)?));
        let blocks: Vec<String> = BLOCKS.into_iter().filter_map(counted).collect();
        let blocks = blocks.join(&self.words.text("status.comma"));
        let (tests, crates) = self.tests(record, page);
        let tests = self.words.counted("tests", tests);
        let of = self.words.counted("crates", crates);
        let tests = self.words.say("status.tests-of").put("tests", tests).put("crates", of).done();
        match (blocks.is_empty(), crates) {
            (true, 0) => self.words.counted("steps", record.steps.len()),
            (false, 0) => blocks,
            (true, _) => tests,
            (false, _) => self.words.say("status.and").put("blocks", blocks).put("tests", tests).done(),
        }
    }

    /// How many tests ran of the crates that the page shows, and of how many crates.
    fn tests(&self, record: &Record, page: &Page) -> (usize, usize) {
        let ran = tested_by::crates_of(self.repo, page)
            .into_iter()
            .filter_map(|name| record.tests.get(&name))
            .filter(|tests| !tests.is_empty());
        ran.fold((0, 0), |(tests, crates), found| (tests + found.len(), crates + 1))
    }
}

/// The numbers of a record's steps, by the page or crate that they prove something of.
fn by_place(record: &Record) -> BTreeMap<String, Vec<usize>> {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, step) in record.steps.iter().enumerate() {
        for proof in &step.proves {
            let steps = places.entry(proof.file.clone()).or_default();
            if steps.last() != Some(&index) {
                steps.push(index);
            }
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
        assert!(tables.contains("| [First](../start/first.md) | 1 | 0 | 0 | 0 | 0 | one, third |\n"), "{tables}");
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
             1 failed. Of them 1 was not run again: it passed on 2026-11-20 or later, and nothing that it reads has \
             changed since. Of them 1 failed beside others and passed when it ran alone.\n\n\
             | Verified | English | Chinese |\n|---|---|---|\n\
             | pages | 0 | 0 |\n| crates | 1 | 1 |\n| Rust blocks | 0 | 0 |\n| Python blocks | 1 | 0 |\n\
             | manifest blocks | 1 | 0 |\n| transcripts | 0 | 0 |\n| captured outputs | 1 | 0 |\n\n\
             | Page | Rust | Python | Manifests | Transcripts | Tests | Verdict |\n|---|---|---|---|---|---|---|\n\
             | [First](../start/first.md) | 0 | 1 | 1 | 0 | 1 | failed |\n\
             | [Text](../start/text.md) | 0 | 0 | 0 | 0 | 0 | ✓ |\n"
        );
    }
}
