//! `ci/bench.toml`: what one run of `just bench` measured; and `book/bench.toml`: the names of its rows, and what
//! pages claim of them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

pub const BENCH: &str = "ci/bench.toml";
pub const NAMES: &str = "book/bench.toml";

/// The measurement of every row, with the machine that it was made on.
#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    /// The day of the run, in UTC.
    pub date: String,
    pub machine: Machine,
    pub versions: BTreeMap<String, String>,
    pub row: Vec<Row>,
    pub memory: Vec<Memory>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub system: String,
    /// How many threads of other programs wanted a core, on average, in the minute before the run.
    pub load: f64,
}

/// One row with one event loop and so many calls in flight. Times are in nanoseconds.
#[derive(Default, Serialize, Deserialize)]
pub struct Row {
    pub group: String,
    pub name: String,
    #[serde(rename = "loop")]
    pub event_loop: String,
    pub in_flight: u32,
    /// Of a call: the time of all calls, divided by their number.
    pub ns: f64,
    /// To an asyncio future with the same loop and as many in flight.
    pub ratio: f64,
    /// From the start of a call to its result, in the middle and at the 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
}

/// Bytes that a call in flight holds.
#[derive(Default, Serialize, Deserialize)]
pub struct Memory {
    pub name: String,
    /// Of the process.
    pub resident: f64,
    /// Of these, what Python's allocator gave out.
    pub traced: f64,
}

/// `book/bench.toml`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowNames {
    /// The rows by name, in each language.
    pub name: BTreeMap<String, BTreeMap<String, String>>,
    pub claim: Vec<Claim>,
}

/// Points of the results from the slowest to the fastest, as a page has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    pub page: String,
    pub order: Vec<String>,
    /// How many times longer each takes than the next, at least.
    #[serde(default = "nearly_one")]
    pub factor: f64,
}

/// An order that only says "not slower" may be missed by a little.
fn nearly_one() -> f64 {
    0.9
}

impl Results {
    /// The row that `NAME[@LOOP][@IN_FLIGHT]` names, on asyncio and one at a time if it does not say.
    pub fn row(&self, point: &str) -> Result<&Row> {
        let mut parts = point.split('@');
        let name = parts.next().unwrap_or_default();
        let (mut event_loop, mut in_flight) = ("asyncio", 1);
        for part in parts {
            match part.parse() {
                Ok(number) => in_flight = number,
                Err(_) => event_loop = part,
            }
        }
        self.find(name, event_loop, in_flight).with_context(|| format!("{BENCH} has no row {point}"))
    }

    pub fn find(&self, name: &str, event_loop: &str, in_flight: u32) -> Option<&Row> {
        let is =
            |row: &&Row| (row.name.as_str(), row.event_loop.as_str(), row.in_flight) == (name, event_loop, in_flight);
        self.row.iter().find(is)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn row(name: &str, event_loop: &str, in_flight: u32, ns: f64) -> Row {
        Row {
            group: "await".to_owned(),
            name: name.to_owned(),
            event_loop: event_loop.to_owned(),
            in_flight,
            ns,
            ratio: ns / 112.0,
            p50: None,
            p99: None,
        }
    }

    pub fn results(row: Vec<Row>) -> Results {
        Results {
            date: "2026-11-23".to_owned(),
            machine: Machine { cpu: "abacus".to_owned(), cores: 2, system: "linux".to_owned(), load: 0.0 },
            versions: BTreeMap::new(),
            row,
            memory: Vec::new(),
        }
    }

    #[test]
    fn a_point_names_a_row_with_its_loop_and_its_number_in_flight() {
        let results = results(vec![row("a", "asyncio", 1, 1.0), row("a", "uvloop", 100, 2.0)]);
        let ns = |point: &str| results.row(point).ok().map(|row| row.ns);
        assert_eq!(ns("a"), Some(1.0));
        assert_eq!(ns("a@uvloop@100"), Some(2.0));
        assert_eq!((ns("a@100"), ns("b")), (None, None));
    }
}
