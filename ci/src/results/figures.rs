//! What pages show of `ci/bench.toml`: tables, plots, and figures in sentences.
//!
//! `{{bench:GROUP}}` is the rows of a group with their times, `{{bench:GROUP/in-flight}}` with many calls at
//! once (`@uvloop` after it: on that loop), `/latency` with percentiles, `/memory` with bytes: a table, and
//! on the site a plot above it; `/processor` is the processor time of 10,000 calls at once. `{{bench-ratio:A/B}}` is how many times longer A takes than B,
//! `{{bench-time:A}}` its time, `{{bench-rate:A}}` how many fit into a second, `{{bench-bytes:A}}` what a call in flight holds, `{{bench-machine}}` where and
//! when. A and B are `NAME[@LOOP][@IN_FLIGHT]`.

use anyhow::{Context, Result, bail};

use crate::repo::Repo;
use crate::repo::pattern::Pattern;
use crate::repo::words::Words;
use crate::results;
use crate::results::bench::{BENCH, Memory, NAMES, Results, Row, RowNames};
use crate::results::numbers::{factor, grouped, micros, significant, time};

pub static DIRECTIVE: Pattern = Pattern::of(r"\{\{bench(-\w+)?(?::([\w./@-]+))?\}\}");

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

/// What is drawn of a table: for each of its lines a name and bars.
pub struct View {
    pub title: String,
    /// The title where each line of the drawing is ten times the one before.
    pub logarithmic: String,
    pub bars: Vec<(String, Vec<Bar>)>,
}

pub struct Bar {
    /// What tells it from the others of its line, if there are others.
    pub label: String,
    pub value: f64,
    pub text: String,
}

/// What the row of a name has in a column.
type Number<'a> = Box<dyn Fn(&str) -> Option<f64> + 'a>;

/// A column behind the names.
struct Column<'a> {
    head: String,
    number: Number<'a>,
    shown: fn(f64) -> String,
    /// The label of its bars, if it is drawn.
    bar: Option<String>,
}

impl<'a> Column<'a> {
    fn of(head: String, number: impl Fn(&str) -> Option<f64> + 'a, shown: fn(f64) -> String) -> Self {
        Self { head, number: Box::new(number), shown, bar: None }
    }

    fn drawn(self, label: &str) -> Self {
        Self { bar: Some(label.to_owned()), ..self }
    }
}

/// Whether a row with these numbers stands in a table.
type Belongs = fn(&[Option<f64>]) -> bool;

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
        results::try_replaced(&DIRECTIVE, text, |found| {
            let [kind, about] = [1, 2].map(|group| found.get(group).map_or("", |part| part.as_str()));
            self.directive(kind, about).with_context(|| found[0].to_owned())
        })
    }

    fn directive(&self, kind: &str, about: &str) -> Result<String> {
        match kind {
            "" => self.view(about),
            "-ratio" => {
                let (one, other) = about.split_once('/').context("it compares A/B")?;
                let (one, other) = (self.results.row(one)?, self.results.row(other)?);
                let alike = one.event_loop == other.event_loop && one.in_flight == other.in_flight;
                // Both are ratios to one unit, measured in one round: the tables show them too.
                Ok(factor(if alike { one.ratio / other.ratio } else { one.ns / other.ns }))
            }
            "-time" => Ok(format!("{} µs", micros(self.results.row(about)?.ns))),
            "-rate" => Ok(round(1e9 / self.results.row(about)?.ns)),
            "-bytes" => {
                let memory = self.memory(about).with_context(|| format!("{BENCH} has no memory of it"))?;
                Ok(self.words.say("figures.bytes").put("number", round(memory.resident)).done())
            }
            "-machine" => Ok(self.machine()),
            _ => bail!("there is no such directive"),
        }
    }

    fn memory(&self, name: &str) -> Option<&Memory> {
        self.results.memory.iter().find(|memory| memory.name == name)
    }

    fn machine(&self) -> String {
        const SHOWN: [&str; 8] =
            ["CPython", "uvloop", "Rust", "pyo3", "pyo3-async-runtimes", "tokio", "async-std", "pyo3-asyncio"];
        let (machine, versions) = (&self.results.machine, &self.results.versions);
        let version = |shown: &str| {
            let name = if shown == "CPython" { "python".to_owned() } else { shown.to_lowercase() };
            format!("{shown} {}", versions.get(&name).map_or("?", String::as_str))
        };
        self.words
            .say("figures.machine")
            .put("date", &self.results.date)
            .put("cpu", &machine.cpu)
            .put("cores", machine.cores)
            .put("system", &machine.system)
            .put("load", machine.load)
            .put("versions", SHOWN.map(version).join(&self.words.text("figures.comma")))
            .done()
    }

    fn view(&self, about: &str) -> Result<String> {
        let (group, view) = about.split_once('/').unwrap_or((about, "time"));
        let (view, event_loop) = view.split_once('@').unwrap_or((view, "asyncio"));
        let mut names: Vec<&str> = Vec::new();
        for row in self.results.row.iter().filter(|row| row.group == group) {
            if !names.contains(&row.name.as_str()) {
                names.push(&row.name);
            }
        }
        let (first, columns, belongs): (_, _, Belongs) = match view {
            "time" => ("way", self.times(&names), |numbers| numbers[0].is_some()),
            // One at a time, it says no more than the other table does.
            "in-flight" => {
                ("in-flight", self.in_flight(event_loop), |numbers| numbers[1..].iter().any(Option::is_some))
            }
            "latency" => ("in-flight", self.latencies(event_loop), |numbers| numbers.iter().all(Option::is_some)),
            "memory" => ("a-call", self.memories(), |numbers| numbers[0].is_some()),
            "processor" => ("way", self.processor(), |_| true),
            _ => bail!("a view is in-flight, latency, memory or processor"),
        };
        let title = self.words.say(&format!("figures.{view}-title")).put("loop", event_loop).done();
        let head = columns.iter().map(|column| column.head.clone());
        let head: Vec<String> = std::iter::once(self.word(first)).chain(head).collect();
        let (mut lines, mut all_bars) = (Vec::new(), Vec::new());
        for name in names {
            let numbers: Vec<Option<f64>> = columns.iter().map(|column| (column.number)(name)).collect();
            if belongs(&numbers) {
                let called = self.called(name)?;
                let mut line = vec![called.to_owned()];
                let mut bars = Vec::new();
                for (column, number) in columns.iter().zip(numbers) {
                    let text = number.map(column.shown);
                    line.push(text.clone().unwrap_or_else(|| "–".to_owned()));
                    if let (Some(label), Some(value), Some(text)) = (&column.bar, number, text) {
                        bars.push(Bar { label: label.clone(), value, text });
                    }
                }
                lines.push(line);
                all_bars.push((called.to_owned(), bars));
            }
        }
        if lines.is_empty() {
            bail!("{BENCH} has nothing for it");
        }
        let logarithmic = self.words.say("figures.logarithmic").put("title", &title).done();
        let table = results::table(&head, "---:", lines);
        let Some(plot) = self.plot else {
            return Ok(table);
        };
        let id = format!("bench-{}", about.replace(['/', '@'], "-"));
        Ok(format!("{}\n\n{table}", plot(&View { title, logarithmic, bars: all_bars }, &id)))
    }

    /// What a row is called in this language.
    fn called(&self, name: &str) -> Result<&str> {
        let called = self.names.name.get(name).and_then(|names| names.get(&self.language));
        called.map(String::as_str).with_context(|| format!("{NAMES} has no name of {name}"))
    }

    fn word(&self, name: &str) -> String {
        self.words.text(&format!("figures.{name}"))
    }

    /// Times of the rows with this loop and so many calls in flight.
    fn time_of<'a>(
        &'a self,
        head: String,
        event_loop: &'a str,
        in_flight: u32,
        time_of: fn(&Row) -> Option<f64>,
    ) -> Column<'a> {
        Column::of(head, move |name| time_of(self.results.find(name, event_loop, in_flight)?), time)
    }

    /// The same, of a call, and how many times that of a future this is.
    fn time_and_ratio<'a>(&'a self, event_loop: &'a str, in_flight: u32, ratio: String) -> [Column<'a>; 2] {
        let of_row = move |name: &str| Some(self.results.find(name, event_loop, in_flight)?.ratio);
        [
            self.time_of(event_loop.to_owned(), event_loop, in_flight, |row| Some(row.ns)),
            Column::of(ratio, of_row, factor),
        ]
    }

    /// Percentiles and uvloop only where they were measured.
    fn times(&self, names: &[&str]) -> Vec<Column<'_>> {
        let [asyncio, ratio] = self.time_and_ratio("asyncio", 1, self.word("times-a-future"));
        let mut columns = vec![
            asyncio.drawn(""),
            ratio,
            self.time_of(self.word("median-latency"), "asyncio", 1, |row| row.p50),
            self.time_of(self.word("late-latency"), "asyncio", 1, |row| row.p99),
            self.time_of("uvloop".to_owned(), "uvloop", 1, |row| Some(row.ns)),
        ];
        columns.retain(|column| column.bar.is_some() || names.iter().any(|name| (column.number)(name).is_some()));
        columns
    }

    fn in_flight<'a>(&'a self, event_loop: &'a str) -> Vec<Column<'a>> {
        let column = |count| {
            let head = grouped(f64::from(count));
            self.time_of(head.clone(), event_loop, count, |row| Some(row.ns)).drawn(&head)
        };
        IN_FLIGHT.map(column).into()
    }

    /// The rows of which only the processor time is measured, with 10,000 calls at once.
    fn processor(&self) -> Vec<Column<'_>> {
        let [asyncio, ratio] = self.time_and_ratio("asyncio", IN_FLIGHT[2], self.word("times"));
        let [uvloop, uvloop_ratio] = self.time_and_ratio("uvloop", IN_FLIGHT[2], self.word("times"));
        vec![asyncio.drawn(""), ratio, uvloop, uvloop_ratio]
    }

    fn latencies<'a>(&'a self, event_loop: &'a str) -> Vec<Column<'a>> {
        let columns = |count| {
            let label = grouped(f64::from(count));
            let head = |of: &str| self.words.say(&format!("figures.{of}")).put("count", &label).done();
            [
                self.time_of(head("median-of"), event_loop, count, |row| row.p50),
                self.time_of(head("late-of"), event_loop, count, |row| row.p99).drawn(&label),
            ]
        };
        IN_FLIGHT.into_iter().flat_map(columns).collect()
    }

    fn memories(&self) -> Vec<Column<'_>> {
        let [resident, traced] = ["of-process", "of-python"].map(|name| self.word(name));
        vec![
            Column::of(resident, |name| Some(self.memory(name)?.resident), round).drawn(""),
            Column::of(traced, |name| Some(self.memory(name)?.traced), round),
        ]
    }
}

/// Two digits of it.
fn round(number: f64) -> String {
    grouped(significant(number, 2))
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
