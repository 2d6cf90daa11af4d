//! Steps that one piece of work decides.

use anyhow::Result;

use crate::verify::report::Report;
use crate::verify::step::Step;

pub trait Group: Sync {
    fn steps(&self) -> Vec<&Step>;

    /// Groups with one key never run at the same time.
    fn exclusive_key(&self) -> String;

    /// Decides those of its steps that are wanted, if any is: of each it asks once, before it begins.
    fn run(&self, is_wanted: &dyn Fn(&Step) -> bool, report: &Report);
}

pub type Groups<'a> = Vec<Box<dyn Group + 'a>>;

/// A step that needs nothing but a function, and may run beside any other.
impl<W: Fn() -> Result<()> + Sync> Group for (Step, W) {
    fn steps(&self) -> Vec<&Step> {
        vec![&self.0]
    }

    fn exclusive_key(&self) -> String {
        self.0.name.clone()
    }

    fn run(&self, is_wanted: &dyn Fn(&Step) -> bool, report: &Report) {
        let (step, work) = self;
        if is_wanted(step) {
            report.step(step, work);
        }
    }
}
