//! `prove`: plants each fault of `ci/faults.toml` in a copy of the repository; a check must catch it.

pub mod edit;
pub mod fault;
pub mod field;

use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::faults::fault::Fault;
use crate::repo::today::Share;
use crate::results::whole_runs::WholeRuns;
use crate::run::queue::{self, held};
use crate::run::{Checkout, Project};

/// Plants the faults (of one kind, with these words in their name), of those that need a build the share of today,
/// prints the table and fails if one was missed.
pub fn prove(project: &Project, kind: Option<&str>, words: &str, share: Share) -> Result<()> {
    let mut faults = fault::chosen(&project.repo, kind, words)?;
    share.retain(&mut faults, Fault::needs_a_build);
    let planted = faults.len();
    plant(project, faults)?;
    match (kind, words) {
        (None, "") => WholeRuns::record(&project.repo.root, "prove", share, planted, &project.python_version),
        _ => Ok(()),
    }
}

fn plant(project: &Project, faults: Vec<Fault>) -> Result<()> {
    let workers = queue::workers();
    let copies = (1..=workers).map(|number| Checkout::make(project, &format!("prove-{number}")));
    let copies = copies.collect::<Result<Vec<_>>>()?;
    // A fault proves nothing in a tree that fails without it.
    let (success, said) = copies[0].run("check", None, &project.builds)?;
    ensure!(success, "the copy fails before a fault is planted:\n{said}");
    let total = faults.len();
    // The copies that are free, and whether each fault until now was caught.
    let (copies, ended) = (Mutex::new(copies), Mutex::new(Vec::new()));
    let prove = |fault: &Fault| {
        let copy = held(&copies).pop().expect("each worker has at most one of the copies, and there are as many");
        let start = Instant::now();
        let verdict = field::try_fault(&copy, fault);
        let seconds = start.elapsed().as_secs_f64();
        held(&copies).push(copy);
        let mut ended = held(&ended);
        ended.push(verdict.is_ok());
        let word = if verdict.is_ok() { "caught" } else { "MISSED" };
        let Fault { kind, name, check, .. } = fault;
        println!("[{:>3}/{total}] {word} {seconds:>5.1} s  {kind}: {name} (guide {check})", ended.len());
        if let Err(error) = verdict {
            println!("    {}", format!("{error:#}").replace('\n', "\n    "));
        }
    };
    let (with_others, alone): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(|fault| fault.exclusive_key().is_some());
    queue::each(&alone, 1, Fault::exclusive_key, prove);
    queue::each(&with_others, workers, Fault::exclusive_key, prove);
    let ended = held(&ended);
    let missed = ended.iter().filter(|caught| !**caught).count();
    println!("\n{} caught, {missed} missed", ended.len() - missed);
    ensure!(missed == 0, "{missed} faults were missed");
    Ok(())
}
