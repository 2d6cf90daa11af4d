//! The work of a step of a crate, done in a copy of it.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::run::sandbox::Sandbox;
use crate::verify::step::Outcome;

pub type Job<'a> = Box<dyn Fn(&Sandbox) -> Outcome + Send + Sync + 'a>;

/// A job without tests.
pub fn job<'a>(work: impl Fn(&Sandbox) -> Result<()> + Send + Sync + 'a) -> Job<'a> {
    Box::new(move |sandbox| work(sandbox).map(|()| BTreeSet::new()))
}
