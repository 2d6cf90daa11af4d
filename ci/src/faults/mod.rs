//! `prove`: plants each fault of `ci/faults.toml` in a copy of the repository; a check must catch it.

pub mod edit;
pub mod fault;
pub mod field;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::faults::fault::Fault;
use crate::faults::field::Field;
use crate::repo::today::Share;
use crate::results::whole_runs::WholeRuns;
use crate::run::checkout::Checkout;
use crate::run::project::Project;
use crate::run::queue;

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
    let copies = (1..=workers)
        .map(|number| Checkout::make(project, &format!("prove-{number}")).map(Field))
        .collect::<Result<Vec<_>>>()?;
    copies[0].must_be_sound()?;
    let prover = Prover { total: faults.len(), copies: Mutex::new(copies), ended: Mutex::default() };
    let (with_others, alone): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(|fault| fault.exclusive_key().is_some());
    queue::each(&alone, 1, Fault::exclusive_key, |fault| prover.prove(fault));
    queue::each(&with_others, workers, Fault::exclusive_key, |fault| prover.prove(fault));
    prover.finish()
}

/// The copies that are free, and how many faults were caught and missed until now.
struct Prover<'a> {
    total: usize,
    copies: Mutex<Vec<Field<'a>>>,
    ended: Mutex<Ended>,
}

#[derive(Default)]
struct Ended {
    caught: usize,
    missed: usize,
}

impl Prover<'_> {
    /// Tries a fault in a copy that is free, and prints what came of it.
    fn prove(&self, fault: &Fault) {
        let copy =
            held(&self.copies).pop().expect("each worker has at most one of the copies, and there are as many");
        let start = Instant::now();
        let verdict = copy.try_fault(fault);
        held(&self.copies).push(copy);
        let mut ended = held(&self.ended);
        let word = match verdict {
            Ok(()) => {
                ended.caught += 1;
                "caught"
            }
            Err(_) => {
                ended.missed += 1;
                "MISSED"
            }
        };
        println!(
            "[{:>3}/{}] {word} {:>5.1} s  {}: {} (guide {})",
            ended.caught + ended.missed,
            self.total,
            start.elapsed().as_secs_f64(),
            fault.kind,
            fault.name,
            fault.check
        );
        if let Err(error) = verdict {
            println!("    {}", format!("{error:#}").replace('\n', "\n    "));
        }
    }

    fn finish(self) -> Result<()> {
        let ended = held(&self.ended);
        println!("\n{} caught, {} missed", ended.caught, ended.missed);
        ensure!(ended.missed == 0, "{} faults were missed", ended.missed);
        Ok(())
    }
}

/// A panic elsewhere leaves what the lock holds as it should be.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
