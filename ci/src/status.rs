//! What the site says of its own verification: a paragraph at the end of each page, and the status page.
//!
//! Both come from the record of the last whole run, and only if that run was of these very sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::downloads;
use crate::page::{self, Page};
use crate::project::{self, ExampleCrate};
use crate::record::Record;
use crate::report::{self, Kind, Proof};
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
        format!(
            "Last run on {} with CPython {}, Rust {}, {}: {}; {verdict}. [The whole run]({})",
            numbers.record.date,
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
        format!(
            "The last whole run ended on {} with CPython {}, Rust {}, on {}: {} steps passed, {failed} failed.",
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
        format!(
            "最近一次运行：{}，CPython {}，Rust {}，{}。{}，{verdict}。[完整记录]({})",
            numbers.record.date,
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
        format!(
            "最近一次完整运行于 {} 结束，环境是 CPython {}、Rust {}、{}：{} 步通过，{failed} 步失败。",
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
    pages: Vec<Page>,
    crates: Vec<ExampleCrate>,
    chinese: bool,
    root: PathBuf,
}

impl Status {
    pub fn load(root: &Path, language: &str) -> Result<Self> {
        let pages = page::load_all(root)?;
        Ok(Self {
            record: Record::of_these_sources(root)?,
            pages: pages
                .into_iter()
                .filter(|page| page.language == language)
                .collect(),
            crates: project::crates(root)?,
            chinese: language == "zh",
            root: root.to_path_buf(),
        })
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
        let counts = counts(record, page);
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

    fn numbers<'a>(&self, record: &'a Record, page: &Page) -> Numbers<'a> {
        let counts = counts(record, page);
        let parts: Vec<String> = self
            .words()
            .kinds
            .iter()
            .filter_map(|(kind, one, many)| {
                let count = *counts.get(kind)?;
                Some(counted(count, (one, many)))
            })
            .collect();
        let file = page.file();
        let failed = record
            .steps
            .iter()
            .filter(|step| !step.passed && step.proves.iter().any(|proof| is_on(proof, &file)))
            .map(|step| step.name.as_str())
            .collect();
        Numbers {
            record,
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

/// How many blocks of each kind on the page were proved, or failed.
fn counts(record: &Record, page: &Page) -> BTreeMap<Kind, usize> {
    let file = page.file();
    let mut counts = BTreeMap::new();
    for proof in report::proofs(&record.steps).into_keys() {
        if is_on(proof, &file) {
            *counts.entry(proof.kind).or_insert(0) += 1;
        }
    }
    counts
}

fn is_on(proof: &Proof, file: &str) -> bool {
    proof
        .at
        .strip_prefix(file)
        .is_some_and(|rest| rest.starts_with(':'))
}

fn counted(count: usize, (one, many): (&str, &str)) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
