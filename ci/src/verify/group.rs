//! Steps that one piece of work decides.

use anyhow::Result;

use crate::verify::report::Report;
use crate::verify::step::Step;

pub trait Group: Sync {
    fn steps(&self) -> Vec<&Step>;

    /// Groups with one key never run at the same time; `None` may run beside any.
    fn exclusive_key(&self) -> Option<String> {
        None
    }

    fn run(&self, wanted: &[&Step], report: &Report);

    /// Decides those of its steps that are wanted, if any is.
    fn run_those(&self, are_wanted: &dyn Fn(&Step) -> bool, report: &Report) {
        let wanted: Vec<&Step> = self.steps().into_iter().filter(|step| are_wanted(step)).collect();
        if !wanted.is_empty() {
            self.run(&wanted, report);
        }
    }
}

pub type Groups<'a> = Vec<Box<dyn Group + 'a>>;

/// A step that needs nothing but a function.
struct Single<W> {
    step: Step,
    work: W,
}

pub fn single<'a>(step: Step, work: impl Fn() -> Result<()> + Sync + 'a) -> Box<dyn Group + 'a> {
    Box::new(Single { step, work })
}

impl<W: Fn() -> Result<()> + Sync> Group for Single<W> {
    fn steps(&self) -> Vec<&Step> {
        vec![&self.step]
    }

    fn run(&self, _: &[&Step], report: &Report) {
        report.step(&self.step, &self.work);
    }
}
