//! What one verdict is about, and the work that decides it.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::repo::page::Page;
use crate::results::verdict::{Kind, Proof};
use crate::run::sandbox::Sandbox;

pub struct Step {
    pub name: String,
    pub proofs: Vec<Proof>,
    /// The command that repeats it.
    pub again: String,
    /// The crate that it is of: its tests are kept by that name, and its pass while its files stay as they are.
    pub of_crate: Option<String>,
    /// What it reads, hashed; without it, it runs each time.
    pub key: Option<String>,
}

impl Step {
    /// One that runs each time and proves nothing that pages show.
    pub fn of(name: String, again: &str) -> Self {
        Self { name, proofs: Vec::new(), again: again.to_owned(), of_crate: None, key: None }
    }
}

/// The tests that a step ran, if it passed.
pub type Outcome = Result<BTreeSet<String>>;

/// The work of a step of a crate, done in a copy of it.
pub type Job<'a> = Box<dyn Fn(&Sandbox) -> Outcome + Sync + 'a>;

/// A job without tests.
pub fn job<'a>(work: impl Fn(&Sandbox) -> Result<()> + Sync + 'a) -> Job<'a> {
    Box::new(move |sandbox| work(sandbox).map(|()| BTreeSet::new()))
}

/// What stands in a line of a page, or the page itself.
pub fn proof_at(kind: Kind, page: &Page, line: usize) -> Proof {
    Proof { kind, language: page.language.clone(), file: page.file(), line, part: 0 }
}
