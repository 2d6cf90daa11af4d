//! What pages show of `ci/bench.toml`: tables, plots, and figures in sentences.
//!
//! `{{bench:GROUP}}` is the rows of a group with their times, `{{bench:GROUP/in-flight}}` with many calls at
//! once (`@uvloop` after it: on that loop), `/latency` with percentiles, `/memory` with bytes: a table, and
//! on the site a plot above it; `/processor` is the processor time of 10,000 calls at once. `{{bench-ratio:A/B}}` is how many times longer A takes than B,
//! `{{bench-time:A}}` its time, `{{bench-rate:A}}` how many fit into a second, `{{bench-bytes:A}}` what a call in flight holds, `{{bench-machine}}` where and
//! when. A and B are `NAME[@LOOP][@IN_FLIGHT]`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::repo::{Pattern, Repo, words::Words};
use crate::results;
use crate::results::bench::{BENCH, Memory, NAMES, Results, RowNames};
use crate::results::numbers::{factor, grouped, micros, significant, time};

pub static DIRECTIVE: Pattern = Pattern::of(r"\{\{bench(-\w+)?(?::([\w./@-]+))?\}\}");

/// What a view has, by its name.
static VIEWS: LazyLock<BTreeMap<String, Layout>> =
    LazyLock::new(|| toml::from_str(include_str!("../../bench_views.toml")).expect("the views are valid"));

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

/// A table of `ci/bench_views.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layout {
    first: String,
    columns: Vec<Column>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    head: String,
    of: Of,
    #[serde(rename = "loop")]
    event_loop: Option<String>,
    in_flight: u32,
    #[serde(default)]
    decides: bool,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    drawn: bool,
}

/// What stands in a column.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Of {
    Ns,
    Ratio,
    P50,
    P99,
    Resident,
    Traced,
}

impl Column {
    fn count(&self) -> String {
        grouped(self.in_flight.into())
    }

    fn shown(&self, number: f64) -> String {
        match self.of {
            Of::Ratio => factor(number),
            Of::Resident | Of::Traced => round(number),
            _ => time(number),
        }
    }
}

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
        let layout = VIEWS.get(view).context("a view is in-flight, latency, memory or processor")?;
        let mut names: Vec<&str> = Vec::new();
        for row in self.results.row.iter().filter(|row| row.group == group) {
            if !names.contains(&row.name.as_str()) {
                names.push(&row.name);
            }
        }
        let number = |column: &Column, name: &str| self.number(column, name, event_loop);
        let mut columns: Vec<&Column> = layout.columns.iter().collect();
        columns.retain(|column| !column.optional || names.iter().any(|name| number(column, name).is_some()));
        names.retain(|name| columns.iter().any(|column| column.decides && number(column, name).is_some()));
        ensure!(!names.is_empty(), "{BENCH} has nothing for it");
        let word = |name: &str| self.words.say(&format!("figures.{name}"));
        let head = columns.iter().map(|column| word(&column.head).put("count", column.count()).done());
        let head: Vec<String> = std::iter::once(word(&layout.first).done()).chain(head).collect();
        let is_labelled = columns.iter().filter(|column| column.drawn).count() > 1;
        let (mut lines, mut all_bars) = (Vec::new(), Vec::new());
        for name in names {
            let called = self.called(name)?;
            let (mut line, mut bars) = (vec![called.to_owned()], Vec::new());
            for column in &columns {
                let value = number(column, name);
                let text = value.map_or("–".to_owned(), |value| column.shown(value));
                if let Some(value) = value.filter(|_| column.drawn) {
                    let label = if is_labelled { column.count() } else { String::new() };
                    bars.push(Bar { label, value, text: text.clone() });
                }
                line.push(text);
            }
            lines.push(line);
            all_bars.push((called.to_owned(), bars));
        }
        let table = results::table(&head, "---:", lines);
        let Some(plot) = self.plot else {
            return Ok(table);
        };
        let title = word(&format!("{view}-title")).put("loop", event_loop).done();
        let logarithmic = self.words.say("figures.logarithmic").put("title", &title).done();
        let id = format!("bench-{}", about.replace(['/', '@'], "-"));
        Ok(format!("{}\n\n{table}", plot(&View { title, logarithmic, bars: all_bars }, &id)))
    }

    /// What the row of a name has in a column, on this loop unless the column has one of its own.
    fn number(&self, column: &Column, name: &str, event_loop: &str) -> Option<f64> {
        let event_loop = column.event_loop.as_deref().unwrap_or(event_loop);
        let row = self.results.find(name, event_loop, column.in_flight);
        match column.of {
            Of::Ns => Some(row?.ns),
            Of::Ratio => Some(row?.ratio),
            Of::P50 => row?.p50,
            Of::P99 => row?.p99,
            Of::Resident => Some(self.memory(name)?.resident),
            Of::Traced => Some(self.memory(name)?.traced),
        }
    }

    /// What a row is called in this language.
    fn called(&self, name: &str) -> Result<&str> {
        let called = self.names.name.get(name).and_then(|names| names.get(&self.language));
        called.map(String::as_str).with_context(|| format!("{NAMES} has no name of {name}"))
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
