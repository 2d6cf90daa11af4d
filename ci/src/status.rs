//! What the site says of its own verification: a paragraph at the end of each page, and the status page.
//!
//! Both come from the record of the last whole run, and only if that run was of these very sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::downloads;
use crate::page::{self, Page};
use crate::project::{self, ExampleCrate};
use crate::record::Record;
use crate::report::{self, Ended, Kind, Proof};
use crate::tested_by;

/// The words of one language, by what they name.
struct Words {
    /// Singular and plural; Chinese has one form.
    kinds: [(Kind, &'static str, &'static str); 4],
    tests: (&'static str, &'static str),
    crates: (&'static str, &'static str),
    steps: (&'static str, &'static str),
    /// The numbers of blocks between commas, and then that of tests of crates.
    tests_of: fn(tests: &str, crates: &str) -> String,
    commas: (&'static str, &'static str),
    sentence: fn(&Numbers) -> String,
    unverified: &'static str,
    download: &'static str,
    summary: fn(&Record, usize) -> String,
    /// The heads of the table of all counts and of the table of the pages.
    counts_head: &'static str,
    pages_head: &'static str,
    kind_names: [(Kind, &'static str); 7],
}

/// What stands in the sentence at the end of a page.
struct Numbers<'a> {
    record: &'a Record,
    /// The first and the last day on which one of its steps ran.
    days: (&'a str, &'a str),
    proved: String,
    failed: Vec<&'a str>,
    status: String,
}

const ENGLISH: Words = Words {
    kinds: [
        (Kind::RustBlocks, "Rust block", "Rust blocks"),
        (Kind::PythonBlocks, "Python block", "Python blocks"),
        (Kind::Manifests, "manifest", "manifests"),
        (Kind::Transcripts, "transcript", "transcripts"),
    ],
    tests: ("test", "tests"),
    crates: ("crate", "crates"),
    steps: ("step", "steps"),
    tests_of: |tests, crates| format!("{tests} of {crates}"),
    commas: (", ", ", and "),
    sentence: |numbers| {
        let verdict = match numbers.failed.as_slice() {
            [] => "all passed".to_owned(),
            failed => format!("**failed: {}**", failed.join(", ")),
        };
        let when = match numbers.days {
            (first, last) if first == last => format!("on {first}"),
            (first, last) => format!("between {first} and {last}"),
        };
        format!(
            "Last run {when} with CPython {}, Rust {}, {}: {}; {verdict}. [The whole run]({})",
            numbers.record.python,
            numbers.record.rust,
            numbers.record.system,
            numbers.proved,
            numbers.status,
        )
    },
    unverified: "This copy of the guide was built without a whole run of `ci/just test-examples` on these sources, so it has no record to show here.",
    download: "Download a crate of this page: ",
    summary: |record, failed| {
        let kept = match record.kept() {
            0 => String::new(),
            kept => format!(
                " Of them {kept} were not run again: they passed on {} or later, and nothing that they read has changed since.",
                record.since()
            ),
        };
        format!(
            "The last whole run ended on {} with CPython {}, Rust {}, on {}: {} steps passed, {failed} failed.{kept}",
            record.date,
            record.python,
            record.rust,
            record.system,
            record.steps.len() - failed
        )
    },
    counts_head: "| Verified | English | Chinese |",
    pages_head: "| Page | Rust | Python | Manifests | Transcripts | Tests | Verdict |",
    kind_names: [
        (Kind::Pages, "pages"),
        (Kind::Crates, "crates"),
        (Kind::RustBlocks, "Rust blocks"),
        (Kind::PythonBlocks, "Python blocks"),
        (Kind::Manifests, "manifest blocks"),
        (Kind::Transcripts, "transcripts"),
        (Kind::Outputs, "captured outputs"),
    ],
};

const CHINESE: Words = Words {
    kinds: [
        (Kind::RustBlocks, "个 Rust 代码块", "个 Rust 代码块"),
        (Kind::PythonBlocks, "个 Python 代码块", "个 Python 代码块"),
        (Kind::Manifests, "段清单", "段清单"),
        (Kind::Transcripts, "段终端记录", "段终端记录"),
    ],
    tests: ("个测试", "个测试"),
    crates: ("个 crate", "个 crate"),
    steps: ("个步骤", "个步骤"),
    tests_of: |tests, crates| format!("{crates} 里的 {tests}"),
    commas: ("、", "，以及 "),
    sentence: |numbers| {
        let verdict = match numbers.failed.as_slice() {
            [] => "全部通过".to_owned(),
            failed => format!("**未通过：{}**", failed.join("、")),
        };
        let when = match numbers.days {
            (first, last) if first == last => first.to_owned(),
            (first, last) => format!("{first} 至 {last}"),
        };
        format!(
            "最近一次运行：{when}，CPython {}，Rust {}，{}。{}，{verdict}。[完整记录]({})",
            numbers.record.python,
            numbers.record.rust,
            numbers.record.system,
            numbers.proved,
            numbers.status,
        )
    },
    unverified: "构建这一份指南时，还没有对这些源文件完整运行过 `ci/just test-examples`，所以这里没有验证记录。",
    download: "下载这一页的 crate：",
    summary: |record, failed| {
        let kept = match record.kept() {
            0 => String::new(),
            kept => format!(
                "其中 {kept} 步没有重新运行：它们在 {} 或之后通过，此后它们读取的内容没有任何改动。",
                record.since()
            ),
        };
        format!(
            "最近一次完整运行于 {} 结束，环境是 CPython {}、Rust {}、{}：{} 步通过，{failed} 步失败。{kept}",
            record.date,
            record.python,
            record.rust,
            record.system,
            record.steps.len() - failed
        )
    },
    counts_head: "| 已验证 | 英文版 | 中文版 |",
    pages_head: "| 页面 | Rust | Python | 清单 | 终端记录 | 测试 | 结果 |",
    kind_names: [
        (Kind::Pages, "页面"),
        (Kind::Crates, "crate"),
        (Kind::RustBlocks, "Rust 代码块"),
        (Kind::PythonBlocks, "Python 代码块"),
        (Kind::Manifests, "清单"),
        (Kind::Transcripts, "终端记录"),
        (Kind::Outputs, "捕获的输出"),
    ],
};

/// The page of the status, from a language's folder.
const STATUS_PAGE: &str = "appendix/status.md";

/// All that the pages of one language say of the last run.
#[derive(Default)]
pub struct Status {
    record: Option<Record>,
    /// The steps of the record that prove something on a page, by the page's file, or a crate, by its name.
    steps: BTreeMap<String, Vec<usize>>,
    pages: Vec<Page>,
    crates: Vec<ExampleCrate>,
    chinese: bool,
    root: PathBuf,
}

impl Status {
    pub fn load(root: &Path, language: &str) -> Result<Self> {
        let record = Record::of_these_sources(root)?;
        let pages = page::load_all(root)?;
        Ok(Self {
            steps: record.as_ref().map(by_place).unwrap_or_default(),
            record,
            pages: pages
                .into_iter()
                .filter(|page| page.language == language)
                .collect(),
            crates: project::crates(root)?,
            chinese: language == "zh",
            root: root.to_path_buf(),
        })
    }

    /// The steps that prove something on a page, or of a crate.
    fn steps<'a>(&'a self, record: &'a Record, place: &str) -> impl Iterator<Item = &'a Ended> {
        let found = self.steps.get(place).into_iter().flatten();
        found.map(|index| &record.steps[*index])
    }

    /// The first and the last day on which a step of the page ran: of its blocks, and of the tests of its
    /// crates; of a page that has neither, of the whole run.
    fn days<'a>(&'a self, record: &'a Record, page: &Page) -> (&'a str, &'a str) {
        let crates = tested_by::crates_of(&self.root, page, &self.crates);
        let places = std::iter::once(page.file()).chain(crates);
        let steps = places.flat_map(|place| self.steps(record, &place).collect::<Vec<_>>());
        let of_all = |step: &&Ended| step.proves.iter().any(|proof| proof.kind == Kind::Pages);
        let days: BTreeSet<&str> = steps
            .filter(|step| !of_all(step))
            .map(|step| step.ran.as_str())
            .collect();
        match (days.first(), days.last()) {
            (Some(first), Some(last)) => (first, last),
            _ => (record.since(), &record.date),
        }
    }

    fn words(&self) -> &'static Words {
        if self.chinese { &CHINESE } else { &ENGLISH }
    }

    /// The paragraph for the end of a page, named as in the language's folder.
    pub fn paragraph(&self, name: &str) -> String {
        let sentence = match (
            &self.record,
            self.pages.iter().find(|page| page.name == name),
        ) {
            (Some(record), Some(page)) => (self.words().sentence)(&self.numbers(record, page)),
            _ => self.words().unverified.to_owned(),
        };
        format!(
            "\n\n<div class=\"verified\">\n\n{sentence}\n\n{}\n\n</div>\n",
            self.downloads(name)
        )
    }

    /// Links to the zips of the crates that the page shows.
    fn downloads(&self, name: &str) -> String {
        let page = self.pages.iter().find(|page| page.name == name);
        let crates = page.map_or(Vec::new(), |page| {
            tested_by::crates_of(&self.root, page, &self.crates)
        });
        if crates.is_empty() {
            return String::new();
        }
        let up = "../".repeat(name.matches('/').count() + 1);
        let links: Vec<String> = crates
            .iter()
            .map(|example| format!("[`{example}`]({up}crates/{})", downloads::zip_name(example)))
            .collect();
        format!("{}{}", self.words().download, links.join(", "))
    }

    /// The body of the status page.
    pub fn tables(&self) -> String {
        let Some(record) = &self.record else {
            return self.words().unverified.to_owned();
        };
        let proofs = report::proofs(&record.steps);
        let mut text = (self.words().summary)(record, record.failed());
        text.push_str(&format!(
            "\n\n{}\n|---|---|---|\n",
            self.words().counts_head
        ));
        for (kind, name) in self.words().kind_names {
            let count = |language: &str| {
                let of = |proof: &&&Proof| {
                    proof.kind == kind && ["", language].contains(&proof.language.as_str())
                };
                proofs.keys().filter(of).count()
            };
            text.push_str(&format!("| {name} | {} | {} |\n", count("en"), count("zh")));
        }
        text.push_str(&format!(
            "\n{}\n|---|---|---|---|---|---|---|\n",
            self.words().pages_head
        ));
        for page in &self.pages {
            text.push_str(&self.row(record, page));
        }
        text
    }

    fn row(&self, record: &Record, page: &Page) -> String {
        let numbers = self.numbers(record, page);
        let counts = self.counts(record, page);
        let cells: Vec<String> = self
            .words()
            .kinds
            .iter()
            .map(|(kind, ..)| counts.get(kind).copied().unwrap_or(0).to_string())
            .collect();
        let verdict = match numbers.failed.as_slice() {
            [] => "✓".to_owned(),
            failed => failed.join(", "),
        };
        format!(
            "| [{}](../{}) | {} | {} | {verdict} |\n",
            page::title(&page.text),
            page.name,
            cells.join(" | "),
            self.tests(record, page).0
        )
    }

    /// How many blocks of each kind on the page were proved, or failed.
    fn counts(&self, record: &Record, page: &Page) -> BTreeMap<Kind, usize> {
        let file = page.file();
        let proofs: BTreeSet<&Proof> = self
            .steps(record, &file)
            .flat_map(|step| &step.proves)
            .filter(|proof| place(proof) == file)
            .collect();
        let mut counts = BTreeMap::new();
        for proof in proofs {
            *counts.entry(proof.kind).or_insert(0) += 1;
        }
        counts
    }

    fn numbers<'a>(&'a self, record: &'a Record, page: &Page) -> Numbers<'a> {
        let counts = self.counts(record, page);
        let parts: Vec<String> = self
            .words()
            .kinds
            .iter()
            .filter_map(|(kind, one, many)| {
                let count = *counts.get(kind)?;
                Some(counted(count, (one, many)))
            })
            .collect();
        let failed = self
            .steps(record, &page.file())
            .filter(|step| !step.passed)
            .map(|step| step.name.as_str())
            .collect();
        Numbers {
            record,
            days: self.days(record, page),
            proved: self.proved(record, page, &parts),
            failed,
            status: format!(
                "{}{STATUS_PAGE}",
                "../".repeat(page.name.matches('/').count())
            ),
        }
    }

    /// The blocks of the page and the tests of its crates; of a page that has neither, the steps of the whole run.
    fn proved(&self, record: &Record, page: &Page, parts: &[String]) -> String {
        let words = self.words();
        let blocks = parts.join(words.commas.0);
        let (tests, crates) = self.tests(record, page);
        let tests = (words.tests_of)(&counted(tests, words.tests), &counted(crates, words.crates));
        match (blocks.is_empty(), crates) {
            (true, 0) => counted(record.steps.len(), words.steps),
            (false, 0) => blocks,
            (true, _) => tests,
            (false, _) => format!("{blocks}{}{tests}", words.commas.1),
        }
    }

    /// How many tests ran of the crates that the page shows, and of how many crates.
    fn tests(&self, record: &Record, page: &Page) -> (usize, usize) {
        let ran = tested_by::crates_of(&self.root, page, &self.crates)
            .into_iter()
            .filter_map(|name| record.tests.get(&name))
            .filter(|tests| !tests.is_empty());
        ran.fold((0, 0), |(tests, crates), found| {
            (tests + found.len(), crates + 1)
        })
    }
}

/// The numbers of a record's steps, by the page or crate that they prove something of.
fn by_place(record: &Record) -> BTreeMap<String, Vec<usize>> {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, step) in record.steps.iter().enumerate() {
        for proof in &step.proves {
            let steps = places.entry(place(proof).to_owned()).or_default();
            if steps.last() != Some(&index) {
                steps.push(index);
            }
        }
    }
    places
}

/// The file of the page, or the crate.
fn place(proof: &Proof) -> &str {
    let line = proof
        .at
        .rsplit_once(':')
        .filter(|_| proof.kind != Kind::Crates);
    line.map_or(&proof.at, |(file, _)| file)
}

fn counted(count: usize, (one, many): (&str, &str)) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
