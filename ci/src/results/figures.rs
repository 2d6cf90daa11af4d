//! What pages show of `ci/bench.toml`: tables, plots, and figures in sentences.
//!
//! `{{bench:GROUP}}` is the rows of a group with their times, `{{bench:GROUP/in-flight}}` with many calls at
//! once (`@uvloop` after it: on that loop), `/latency` with percentiles, `/memory` with bytes: a table, and
//! on the site a plot above it; `/processor` is the processor time of 10,000 calls at once. `{{bench-ratio:A/B}}` is how many times longer A takes than B,
//! `{{bench-time:A}}` its time, `{{bench-rate:A}}` how many fit into a second, `{{bench-bytes:A}}` what a call in flight holds, `{{bench-machine}}` where and
//! when. A and B are `NAME[@LOOP][@IN_FLIGHT]`.

use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use regex::{Captures, Regex};

use crate::repo::Repo;
use crate::repo::words::Words;
use crate::results::bench::{BENCH, Memory, NAMES, Results, Row, RowNames};
use crate::results::numbers::{factor, grouped, micros, significant, time};

pub static DIRECTIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{bench(-\w+)?(?::([\w./@-]+))?\}\}").expect("valid"));

const IN_FLIGHT: [u32; 3] = [1, 100, 10_000];

/// The results in the words of one language.
#[derive(Default)]
pub struct Figures {
    results: Results,
    names: RowNames,
    words: Words,
    language: String,
    plot: Option<Plot>,
}

/// Draws a view; the text is the id of its title.
pub type Plot = fn(&View, &str) -> String;

/// A table, and the numbers of it that are drawn: for each line a name and bars.
pub struct View {
    pub title: String,
    /// The title where each line of the drawing is ten times the one before.
    pub logarithmic: String,
    pub head: Vec<String>,
    pub lines: Vec<Vec<String>>,
    pub bars: Vec<(String, Vec<Bar>)>,
}

pub struct Bar {
    /// What tells it from the others of its line, if there are others.
    pub label: String,
    pub value: f64,
    pub text: String,
}

/// The cells of a line behind its name, and its bars.
type Line = (Vec<String>, Vec<Bar>);

impl Figures {
    pub fn of(repo: &Repo, language: &str, plot: Option<Plot>) -> Result<Self> {
        Ok(Self {
            results: repo.table(BENCH)?,
            names: repo.table(NAMES)?,
            words: Words::of(repo, language)?,
            language: language.to_owned(),
            plot,
        })
    }

    /// The text with all directives replaced.
    pub fn replaced(&self, text: &str) -> Result<String> {
        let mut failed = None;
        let replaced = DIRECTIVE.replace_all(text, |found: &Captures| {
            let kind = found.get(1).map_or("", |kind| kind.as_str());
            let about = found.get(2).map_or("", |about| about.as_str());
            self.directive(kind, about).unwrap_or_else(|error| {
                failed = Some(error.context(found[0].to_owned()));
                String::new()
            })
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(replaced.into_owned()),
        }
    }

    fn directive(&self, kind: &str, about: &str) -> Result<String> {
        match kind {
            "" => self.view(about),
            "-ratio" => {
                let (one, other) = about.split_once('/').context("it compares A/B")?;
                let (one, other) = (self.results.row(one)?, self.results.row(other)?);
                let alike = one.event_loop == other.event_loop && one.in_flight == other.in_flight;
                // Both are ratios to one unit, measured in one round: the tables show them too.
                let ratio = match alike {
                    true => one.ratio / other.ratio,
                    false => one.ns / other.ns,
                };
                Ok(factor(ratio))
            }
            "-time" => Ok(format!("{} µs", micros(self.results.row(about)?.ns))),
            "-rate" => Ok(grouped(significant(1e9 / self.results.row(about)?.ns, 2))),
            "-bytes" => Ok(self.bytes(self.memory(about)?.resident)),
            "-machine" => Ok(self.machine()),
            _ => bail!("there is no such directive"),
        }
    }

    fn memory(&self, name: &str) -> Result<&Memory> {
        let mut found = self.results.memory.iter();
        found.find(|memory| memory.name == name).with_context(|| format!("{BENCH} has no memory of it"))
    }

    fn bytes(&self, bytes: f64) -> String {
        let number = grouped(significant(bytes, 2));
        self.words.say("figures.bytes").put("number", number).done()
    }

    fn machine(&self) -> String {
        const NAMED: [(&str, &str); 8] = [
            ("CPython", "python"),
            ("uvloop", "uvloop"),
            ("Rust", "rust"),
            ("pyo3", "pyo3"),
            ("pyo3-async-runtimes", "pyo3-async-runtimes"),
            ("tokio", "tokio"),
            ("async-std", "async-std"),
            ("pyo3-asyncio", "pyo3-asyncio"),
        ];
        let (machine, versions) = (&self.results.machine, &self.results.versions);
        let version = |name: &str| versions.get(name).map_or("?", String::as_str);
        let versions = NAMED.map(|(shown, name)| format!("{shown} {}", version(name)));
        self.words
            .say("figures.machine")
            .put("date", &self.results.date)
            .put("cpu", &machine.cpu)
            .put("cores", machine.cores)
            .put("system", &machine.system)
            .put("load", machine.load)
            .put("versions", versions.join(&self.words.text("figures.comma")))
            .done()
    }

    fn view(&self, about: &str) -> Result<String> {
        let (group, view) = about.split_once('/').unwrap_or((about, "time"));
        let (view, event_loop) = view.split_once('@').unwrap_or((view, "asyncio"));
        let view = match view {
            "time" => self.times(group)?,
            "in-flight" => self.in_flight(group, event_loop)?,
            "latency" => self.latency(group, event_loop)?,
            "memory" => self.memories(group)?,
            "processor" => self.processor(group)?,
            _ => bail!("a view is in-flight, latency, memory or processor"),
        };
        if view.lines.is_empty() {
            bail!("{BENCH} has nothing for it");
        }
        let table = table(&view);
        let Some(plot) = self.plot else {
            return Ok(table);
        };
        let id = format!("bench-{}", about.replace(['/', '@'], "-"));
        Ok(format!("{}\n\n{table}", plot(&view, &id)))
    }

    /// A table of the rows of a group for which there is a line.
    fn build(
        &self,
        title: String,
        head: Vec<String>,
        group: &str,
        line: impl Fn(&str) -> Option<Line>,
    ) -> Result<View> {
        let (mut lines, mut all_bars) = (Vec::new(), Vec::new());
        for name in self.names_of(group) {
            let Some((cells, bars)) = line(name) else {
                continue;
            };
            let called = self.called(name)?.to_owned();
            lines.push([vec![called.clone()], cells].concat());
            all_bars.push((called, bars));
        }
        Ok(View {
            logarithmic: self.words.say("figures.logarithmic").put("title", &title).done(),
            title,
            head,
            lines,
            bars: all_bars,
        })
    }

    /// The names of a group's rows, in the order of the results.
    fn names_of(&self, group: &str) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for row in self.results.row.iter().filter(|row| row.group == group) {
            if !names.contains(&row.name.as_str()) {
                names.push(&row.name);
            }
        }
        names
    }

    /// What a row is called in this language.
    fn called(&self, name: &str) -> Result<&str> {
        let names = self.names.name.get(name);
        names
            .and_then(|names| names.get(&self.language))
            .map(String::as_str)
            .with_context(|| format!("{NAMES} has no name of {name}"))
    }

    fn word(&self, name: &str) -> String {
        self.words.text(&format!("figures.{name}"))
    }

    fn times(&self, group: &str) -> Result<View> {
        let find = |name: &str, event_loop| self.results.find(name, event_loop, 1);
        let names = self.names_of(group);
        let is_late = names.iter().any(|name| find(name, "asyncio").is_some_and(|row| row.p50.is_some()));
        let is_uvloop = names.iter().any(|name| find(name, "uvloop").is_some());
        let mut head = vec![self.word("way"), "asyncio".to_owned(), self.word("times-a-future")];
        if is_late {
            head.extend(["median-latency", "late-latency"].map(|name| self.word(name)));
        }
        if is_uvloop {
            head.push("uvloop".to_owned());
        }
        self.build(self.word("time-title"), head, group, |name| {
            let row = find(name, "asyncio")?;
            let mut cells = vec![time(row.ns), factor(row.ratio)];
            if is_late {
                cells.extend([row.p50, row.p99].map(|late| or_dash(late.map(time))));
            }
            if is_uvloop {
                cells.push(or_dash(find(name, "uvloop").map(|other| time(other.ns))));
            }
            Some((cells, vec![bar("", row.ns)]))
        })
    }

    fn in_flight(&self, group: &str, event_loop: &str) -> Result<View> {
        let title = self.words.say("figures.in-flight-title").put("loop", event_loop).done();
        let mut head = vec![self.word("in-flight")];
        head.extend(IN_FLIGHT.map(|count| grouped(f64::from(count))));
        self.build(title, head, group, |name| {
            let rows = IN_FLIGHT.map(|count| self.results.find(name, event_loop, count));
            // One at a time, it says no more than the other table does.
            rows[1..].iter().find(|row| row.is_some())?;
            let cells = rows.map(|row| or_dash(row.map(|row| time(row.ns))));
            let bars = rows.into_iter().flatten();
            let bars = bars.map(|row| bar(&grouped(f64::from(row.in_flight)), row.ns));
            Some((cells.to_vec(), bars.collect()))
        })
    }

    /// The rows of which only the processor time is measured, with 10,000 calls at once.
    fn processor(&self, group: &str) -> Result<View> {
        let (way, times) = (self.word("way"), self.word("times"));
        let head = vec![way, "asyncio".to_owned(), times.clone(), "uvloop".to_owned(), times];
        let find = |name: &str, event_loop| self.results.find(name, event_loop, IN_FLIGHT[2]);
        self.build(self.word("processor-title"), head, group, |name| {
            let rows = ["asyncio", "uvloop"].map(|event_loop| find(name, event_loop));
            let cells = rows
                .iter()
                .flat_map(|row| [row.map(|row| time(row.ns)), row.map(|row| factor(row.ratio))].map(or_dash));
            let bars = rows[0].iter().map(|row| bar("", row.ns));
            Some((cells.collect(), bars.collect()))
        })
    }

    fn latency(&self, group: &str, event_loop: &str) -> Result<View> {
        let title = self.words.say("figures.latency-title").put("loop", event_loop).done();
        let mut head = vec![self.word("in-flight")];
        for count in IN_FLIGHT.map(|count| grouped(f64::from(count))) {
            head.extend(
                ["figures.median-of", "figures.late-of"].map(|of| self.words.say(of).put("count", &count).done()),
            );
        }
        self.build(title, head, group, |name| {
            let find = |count| self.results.find(name, event_loop, count);
            let rows: Option<Vec<&Row>> = IN_FLIGHT.into_iter().map(find).collect();
            let rows = rows.filter(|rows| rows.iter().all(|row| row.p50.is_some()))?;
            let both = |row: &&Row| [row.p50, row.p99].map(|late| or_dash(late.map(time)));
            let late = |row: &&Row| Some(bar(&grouped(f64::from(row.in_flight)), row.p99?));
            let bars = rows.iter().filter_map(late).collect();
            Some((rows.iter().flat_map(both).collect(), bars))
        })
    }

    fn memories(&self, group: &str) -> Result<View> {
        let head = ["a-call", "of-process", "of-python"].map(|name| self.word(name));
        self.build(self.word("memory-title"), head.to_vec(), group, |name| {
            let memory = self.memory(name).ok()?;
            let text = grouped(significant(memory.resident, 2));
            let traced = grouped(significant(memory.traced, 2));
            let one = Bar { label: String::new(), value: memory.resident, text: text.clone() };
            Some((vec![text, traced], vec![one]))
        })
    }
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}

fn bar(label: &str, ns: f64) -> Bar {
    Bar { label: label.to_owned(), value: ns, text: time(ns) }
}

fn table(view: &View) -> String {
    let mut text = format!("| {} |\n|---|", view.head.join(" | "));
    text.push_str(&"---:|".repeat(view.head.len() - 1));
    for line in &view.lines {
        text.push_str(&format!("\n| {} |", line.join(" | ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::bench::tests::{results, row};

    fn pages(plot: Option<Plot>) -> Figures {
        let mut one = row("b", "asyncio", 10_000, 65_432.0);
        one.p99 = Some(2_500_000.0);
        let words =
            "claim = []\n[name]\na = { en = \"plain `a`\", zh = \"甲\" }\nb = { en = \"<b>\", zh = \"乙\" }\n";
        Figures {
            results: results(vec![row("a", "asyncio", 1, 112.0), row("b", "asyncio", 1, 65_432.0), one]),
            names: toml::from_str(words).expect("TOML"),
            words: Words::of(
                &crate::repo::tests::tree(&[("book/words.toml", include_str!("../../../book/words.toml"))]),
                "en",
            )
            .expect("words"),
            language: "en".to_owned(),
            plot,
        }
    }

    #[test]
    fn a_group_is_a_table_and_on_the_site_a_plot_above_it() {
        let text = pages(None).replaced("{{bench:await}}").expect("known");
        assert_eq!(
            text,
            "| Way | asyncio | times an asyncio future |\n|---|---:|---:|\n\
             | plain `a` | 0.11 µs | 1.0 |\n| <b> | 65 µs | 600 |"
        );
        let plot = |view: &View, id: &str| format!("({id}: {} bars)", view.bars.len());
        let text = pages(Some(plot)).replaced("{{bench:await}}").expect("known");
        assert!(text.starts_with("(bench-await: 2 bars)\n\n| Way |"), "{text}");
    }

    #[test]
    fn a_factor_says_no_more_than_a_second_run_would() {
        let text = pages(None).replaced("{{bench-ratio:b/a}} {{bench-time:b}} {{bench-rate:b}}");
        assert_eq!(text.expect("known"), "600 65 µs 15,000");
    }

    #[test]
    fn what_was_not_measured_is_an_error() {
        for wrong in [
            "{{bench:lost}}",
            "{{bench:await/lost}}",
            "{{bench-ratio:a}}",
            "{{bench-ratio:a/lost}}",
            "{{bench-bytes:a}}",
            "{{bench-lost:a}}",
        ] {
            let error = pages(None).replaced(wrong).expect_err(wrong);
            assert!(format!("{error:#}").starts_with(wrong), "{error:#}");
        }
    }

    #[test]
    fn many_in_flight_have_a_column_each() {
        let text = pages(None).replaced("{{bench:await/in-flight}}").expect("known");
        assert!(text.contains("| <b> | 65 µs | – | 65 µs |"), "{text}");
        assert!(!text.contains("plain"), "{text}");
    }
}
