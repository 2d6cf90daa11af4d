//! `target/verify.json`: what the last whole run of `test-examples` proved, for programs and for the site.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::project::{self, Project};
use crate::report::{Ended, Report};
use crate::workshop;

const FILE: &str = "target/verify.json";
/// What a run depends on, from the root.
const SOURCES: [&str; 7] = [
    "book/en",
    "book/zh",
    "book/exempt.toml",
    "examples",
    "ci/skeptic",
    "ci/skeptic-pyo3-asyncio",
    "Cargo.lock",
];

/// One whole run.
#[derive(Serialize, Deserialize)]
pub struct Record {
    /// The day it ended, in UTC, such as `2026-11-22`.
    pub date: String,
    /// CPython's version, such as `3.11.7`.
    pub python: String,
    /// The compiler's version, such as `1.95.0`.
    pub rust: String,
    /// Operating system and processor, such as `linux x86_64`.
    pub system: String,
    /// The hash of all that was verified: a site of other sources must not show this record.
    pub sources: String,
    pub steps: Vec<Ended>,
    /// The tests of each crate that ran.
    pub tests: BTreeMap<String, BTreeSet<String>>,
}

impl Record {
    pub fn of(project: &Project, report: &Report) -> Result<Self> {
        let rustc = project::output_of(Command::new("rustc").arg("--version"))?;
        Ok(Self {
            date: today(),
            python: project.python_version.clone(),
            rust: rustc.split(' ').nth(1).unwrap_or_default().to_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            sources: fingerprint(&project.root)?,
            steps: report.ended(),
            tests: report.tests(),
        })
    }

    pub fn write(&self, root: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("the record is not JSON")?;
        project::write_if_changed(&root.join(FILE), format!("{text}\n").as_bytes())
    }

    /// The record of these very sources, if they have been verified as a whole.
    pub fn of_these_sources(root: &Path) -> Result<Option<Self>> {
        let path = root.join(FILE);
        if !path.is_file() {
            return Ok(None);
        }
        // What an older version of this program wrote is no record.
        let Ok(record) = serde_json::from_str::<Self>(&project::read(&path)?) else {
            return Ok(None);
        };
        Ok((record.sources == fingerprint(root)?).then_some(record))
    }

    pub fn failed(&self) -> usize {
        self.steps.iter().filter(|step| !step.passed).count()
    }

    /// How many steps were not run again, since nothing that they read had changed.
    pub fn kept(&self) -> usize {
        self.steps.iter().filter(|step| step.kept).count()
    }

    /// The first day on which one of its steps ran: that of the oldest pass that was kept.
    pub fn since(&self) -> &str {
        let days = self.steps.iter().map(|step| step.ran.as_str());
        days.min().unwrap_or(&self.date)
    }
}

/// The date, in UTC, such as `2026-11-22`.
pub fn today() -> String {
    jiff::Timestamp::now().strftime("%F").to_string()
}

/// The names and contents of all sources, hashed.
pub fn fingerprint(root: &Path) -> Result<String> {
    hash_of(root, SOURCES.map(|source| root.join(source)))
}

/// The names, from the root, and contents of files and of all files in folders, hashed.
pub fn hash_of(root: &Path, sources: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<String> {
    let mut hash = Sha256::new();
    for source in sources {
        let source = source.as_ref();
        let files = WalkDir::new(source)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| !workshop::is_generated(entry));
        for entry in files {
            let entry = entry.with_context(|| format!("cannot list {}", source.display()))?;
            if entry.file_type().is_file() {
                let name = project::slashed(entry.path().strip_prefix(root)?);
                let content =
                    std::fs::read(entry.path()).with_context(|| format!("cannot read {name}"))?;
                hash.update(format!("{name}\n{}\n", content.len()));
                hash.update(content);
            }
        }
    }
    Ok(format!("{:x}", hash.finalize()))
}
