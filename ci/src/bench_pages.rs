//! What pages show of `ci/bench.toml`: tables, plots, and figures in sentences.
//!
//! `{{bench:GROUP}}` is the rows of a group with their times, `{{bench:GROUP/in-flight}}` with many calls at
//! once (`@uvloop` after it: on that loop), `/latency` with percentiles, `/memory` with bytes: a table, and
//! on the site a plot above it; `/processor` is the processor time of 10,000 calls at once. `{{bench-ratio:A/B}}` is how many times longer A takes than B,
//! `{{bench-time:A}}` its time, `{{bench-rate:A}}` how many fit into a second, `{{bench-bytes:A}}` what a call in flight holds, `{{bench-machine}}` where and
//! when. A and B are `NAME[@LOOP][@IN_FLIGHT]`.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use regex::{Captures, Regex};

use crate::bench::{Memory, Results, Row, Words};
use crate::page::Page;
use crate::project;

static DIRECTIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{bench(-\w+)?(?::([\w./@-]+))?\}\}").expect("valid"));

const IN_FLIGHT: [u32; 3] = [1, 100, 10_000];

/// The results in the words of one language.
#[derive(Default)]
pub struct BenchPages {
    results: Results,
    words: Words,
    chinese: bool,
    /// Whether a plot can be shown.
    plots: bool,
}

/// A table, and the numbers of it that are drawn: for each line a name and bars.
struct View {
    chinese: bool,
    title: String,
    head: Vec<String>,
    lines: Vec<Vec<String>>,
    bars: Vec<(String, Vec<Bar>)>,
}

struct Bar {
    /// What tells it from the others of its line, if there are others.
    label: String,
    value: f64,
    text: String,
}

impl BenchPages {
    pub fn load(root: &Path, language: &str, plots: bool) -> Result<Self> {
        Ok(Self {
            results: Results::load(root)?,
            words: Words::load(root)?,
            chinese: language == "zh",
            plots,
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
        found
            .find(|memory| memory.name == name)
            .context("ci/bench.toml has no memory of it")
    }

    fn bytes(&self, bytes: f64) -> String {
        let unit = if self.chinese { "字节" } else { "bytes" };
        format!("{} {unit}", grouped(significant(bytes, 2)))
    }

    fn machine(&self) -> String {
        let (machine, versions) = (&self.results.machine, &self.results.versions);
        let version = |name: &str| versions.get(name).map_or("?", String::as_str);
        let all = format!(
            "CPython {}, uvloop {}, Rust {}, pyo3 {}, pyo3-async-runtimes {}, tokio {}, async-std {}, pyo3-asyncio {}",
            version("python"),
            version("uvloop"),
            version("rust"),
            version("pyo3"),
            version("pyo3-async-runtimes"),
            version("tokio"),
            version("async-std"),
            version("pyo3-asyncio"),
        );
        if self.chinese {
            return format!(
                "测量于 {}：{}，{} 个核，{}，开始时负载 {}；{}。",
                self.results.date,
                machine.cpu,
                machine.cores,
                machine.system,
                machine.load,
                all.replace(", ", "、")
            );
        }
        format!(
            "Measured on {}: {}, {} cores, {}, load {} at the start; {all}.",
            self.results.date, machine.cpu, machine.cores, machine.system, machine.load
        )
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
            bail!("ci/bench.toml has nothing for it");
        }
        let table = table(&view);
        if !self.plots {
            return Ok(table);
        }
        let id = format!("bench-{}", about.replace(['/', '@'], "-"));
        Ok(format!("{}\n\n{table}", plot(&view, &id)))
    }

    /// The names of a group's rows, in the order of the results.
    fn names(&self, group: &str) -> Vec<&str> {
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
        let language = if self.chinese { "zh" } else { "en" };
        let names = self.words.name.get(name);
        names
            .and_then(|names| names.get(language))
            .map(String::as_str)
            .with_context(|| format!("book/bench.toml has no name of {name}"))
    }

    fn times(&self, group: &str) -> Result<View> {
        let words = match self.chinese {
            true => [
                "asyncio 上每次调用的时间",
                "方式",
                "对 asyncio future 的倍数",
                "中位延迟",
                "99% 延迟",
            ],
            false => [
                "Time of a call on asyncio",
                "Way",
                "times an asyncio future",
                "median latency",
                "99th percentile",
            ],
        };
        let names = self.names(group);
        let row = |name: &&str| self.results.find(name, "asyncio", 1);
        let is_late = names.iter().filter_map(row).any(|row| row.p50.is_some());
        let is_uvloop = names
            .iter()
            .any(|name| self.results.find(name, "uvloop", 1).is_some());
        let mut head = vec![
            words[1].to_owned(),
            "asyncio".to_owned(),
            words[2].to_owned(),
        ];
        if is_late {
            head.extend(words[3..].iter().map(|&word| word.to_owned()));
        }
        if is_uvloop {
            head.push("uvloop".to_owned());
        }
        let (mut lines, mut bars) = (Vec::new(), Vec::new());
        for name in names {
            let Some(row) = self.results.find(name, "asyncio", 1) else {
                continue;
            };
            let called = self.called(name)?;
            let mut line = vec![called.to_owned(), time(row.ns), factor(row.ratio)];
            if is_late {
                line.extend([row.p50, row.p99].map(|late| late.map_or("–".to_owned(), time)));
            }
            if is_uvloop {
                let other = self.results.find(name, "uvloop", 1);
                line.push(other.map_or("–".to_owned(), |other| time(other.ns)));
            }
            lines.push(line);
            bars.push((called.to_owned(), vec![bar("", row.ns)]));
        }
        Ok(View {
            chinese: self.chinese,
            title: words[0].to_owned(),
            head,
            lines,
            bars,
        })
    }

    fn in_flight(&self, group: &str, event_loop: &str) -> Result<View> {
        let (way, title) = match self.chinese {
            true => (
                "同时在途的调用",
                format!("{event_loop} 上每次调用的时间，按同时在途的调用数"),
            ),
            false => (
                "Calls in flight",
                format!("Time of a call on {event_loop}, by the number of calls in flight"),
            ),
        };
        let mut head = vec![way.to_owned()];
        head.extend(IN_FLIGHT.map(|count| grouped(f64::from(count))));
        let (mut lines, mut bars) = (Vec::new(), Vec::new());
        for name in self.names(group) {
            let found = |count| self.results.find(name, event_loop, count);
            let rows = IN_FLIGHT.map(found);
            // One at a time, it says no more than the other table does.
            if rows[1..].iter().all(Option::is_none) {
                continue;
            }
            let called = self.called(name)?;
            let mut line = vec![called.to_owned()];
            line.extend(rows.map(|row| row.map_or("–".to_owned(), |row| time(row.ns))));
            lines.push(line);
            let of_line = rows.into_iter().flatten();
            let of_line = of_line.map(|row| bar(&grouped(f64::from(row.in_flight)), row.ns));
            bars.push((called.to_owned(), of_line.collect()));
        }
        Ok(View {
            chinese: self.chinese,
            title,
            head,
            lines,
            bars,
        })
    }

    /// The rows of which only the processor time is measured, with 10,000 calls at once.
    fn processor(&self, group: &str) -> Result<View> {
        let [title, way, times] = match self.chinese {
            true => [
                "10,000 个调用同时进行时，每次调用的 CPU 时间",
                "方式",
                "倍数",
            ],
            false => [
                "Processor time of a call on asyncio, 10,000 in flight",
                "Way",
                "times",
            ],
        };
        let head = [way, "asyncio", times, "uvloop", times].map(str::to_owned);
        let (mut lines, mut bars) = (Vec::new(), Vec::new());
        for name in self.names(group) {
            let called = self.called(name)?;
            let mut line = vec![called.to_owned()];
            for event_loop in ["asyncio", "uvloop"] {
                let found = self.results.find(name, event_loop, IN_FLIGHT[2]);
                line.extend(match found {
                    Some(row) => [time(row.ns), factor(row.ratio)],
                    None => ["–", "–"].map(str::to_owned),
                });
            }
            lines.push(line);
            let of_line = self.results.find(name, "asyncio", IN_FLIGHT[2]);
            let of_line = of_line.iter().map(|row| bar("", row.ns)).collect();
            bars.push((called.to_owned(), of_line));
        }
        Ok(View {
            chinese: self.chinese,
            title: title.to_owned(),
            head: head.to_vec(),
            lines,
            bars,
        })
    }

    fn latency(&self, group: &str, event_loop: &str) -> Result<View> {
        let (way, median, late, title) = match self.chinese {
            true => (
                "同时在途的调用",
                "的中位",
                "的 99%",
                format!("{event_loop} 上从调用到结果的时间，99% 的调用不超过它"),
            ),
            false => (
                "Calls in flight",
                ", median",
                ", 99th",
                format!("Time from a call to its result on {event_loop}, 99th percentile"),
            ),
        };
        let mut head = vec![way.to_owned()];
        for count in IN_FLIGHT {
            let count = grouped(f64::from(count));
            head.extend([format!("{count}{median}"), format!("{count}{late}")]);
        }
        let (mut lines, mut bars) = (Vec::new(), Vec::new());
        for name in self.names(group) {
            let rows: Vec<&Row> = IN_FLIGHT
                .iter()
                .filter_map(|&count| self.results.find(name, event_loop, count))
                .filter(|row| row.p50.is_some())
                .collect();
            if rows.len() < IN_FLIGHT.len() {
                continue;
            }
            let called = self.called(name)?;
            let mut line = vec![called.to_owned()];
            for row in &rows {
                line.extend([row.p50, row.p99].map(|late| late.map_or("–".to_owned(), time)));
            }
            lines.push(line);
            let late = rows
                .iter()
                .filter_map(|row| Some((row.in_flight, row.p99?)));
            let late = late.map(|(count, ns)| bar(&grouped(f64::from(count)), ns));
            bars.push((called.to_owned(), late.collect()));
        }
        Ok(View {
            chinese: self.chinese,
            title,
            head,
            lines,
            bars,
        })
    }

    fn memories(&self, group: &str) -> Result<View> {
        let (title, head) = match self.chinese {
            true => (
                "一个在途的调用占用的字节",
                ["在途的调用", "进程的字节", "其中 Python 分配的"],
            ),
            false => (
                "Bytes that a call in flight holds",
                [
                    "A call in flight",
                    "bytes of the process",
                    "of these, Python's",
                ],
            ),
        };
        let (mut lines, mut bars) = (Vec::new(), Vec::new());
        let names = self.names(group);
        let of_group = |memory: &&Memory| names.contains(&memory.name.as_str());
        for memory in self.results.memory.iter().filter(of_group) {
            let called = self.called(&memory.name)?.to_owned();
            let text = grouped(significant(memory.resident, 2));
            let traced = grouped(significant(memory.traced, 2));
            lines.push(vec![called.clone(), text.clone(), traced]);
            let one = Bar {
                label: String::new(),
                value: memory.resident,
                text,
            };
            bars.push((called, vec![one]));
        }
        Ok(View {
            chinese: self.chinese,
            title: title.to_owned(),
            head: head.map(str::to_owned).to_vec(),
            lines,
            bars,
        })
    }
}

/// Figures that nobody measured, and editions that show different ones.
pub fn problems(root: &Path, pages: &[Page]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for language in project::LANGUAGES {
        let figures = BenchPages::load(root, language, false)?;
        for page in pages.iter().filter(|page| page.language == language) {
            if let Err(error) = figures.replaced(&page.text) {
                problems.push(format!("{}: {error:#}", page.file()));
            }
        }
    }
    // A sentence may be turned round in the other language.
    let shown = |page: &Page| {
        let found = DIRECTIVE.find_iter(&page.text);
        let mut shown: Vec<String> = found.map(|found| found.as_str().to_owned()).collect();
        shown.sort();
        shown
    };
    let (english, chinese): (Vec<&Page>, Vec<&Page>) =
        pages.iter().partition(|page| page.language == "en");
    for page in english {
        let other = chinese.iter().find(|other| other.name == page.name);
        if let Some(other) = other.filter(|other| shown(other) != shown(page)) {
            problems.push(format!(
                "{}: shows other figures of ci/bench.toml than {}",
                other.file(),
                page.file()
            ));
        }
    }
    Ok(problems)
}

fn bar(label: &str, ns: f64) -> Bar {
    Bar {
        label: label.to_owned(),
        value: ns,
        text: time(ns),
    }
}

fn table(view: &View) -> String {
    let mut text = format!("| {} |\n|---|", view.head.join(" | "));
    text.push_str(&"---:|".repeat(view.head.len() - 1));
    for line in &view.lines {
        text.push_str(&format!("\n| {} |", line.join(" | ")));
    }
    text
}

/// The widths of the drawing: of all, of the names, of the labels, and of the longest bar.
const WIDTH: f64 = 900.0;
const NAMES: f64 = 330.0;
const LABELS: f64 = 52.0;
const BARS: f64 = 430.0;

/// Horizontal bars. Where the longest is a hundred times the shortest, each tick is ten times the one before.
fn plot(view: &View, id: &str) -> String {
    let values = || {
        view.bars
            .iter()
            .flat_map(|(_, bars)| bars)
            .map(|bar| bar.value)
    };
    let most = values().fold(f64::MIN_POSITIVE, f64::max);
    let least = values().filter(|value| *value > 0.0).fold(most, f64::min);
    let logarithmic = most / least >= 100.0;
    let first = 10f64.powf(least.log10().floor());
    let length = |value: f64| match logarithmic {
        true if value <= first => 1.0,
        true => (value / first).log10() / (most / first).log10() * BARS,
        false => value / most * BARS,
    };
    let labelled = view.bars.iter().any(|(_, bars)| bars.len() > 1);
    let title = match (logarithmic, view.chinese) {
        (false, _) => view.title.clone(),
        (true, true) => format!("{}（每条线是前一条的十倍）", view.title),
        (true, false) => format!("{} (each line is ten times the one before)", view.title),
    };
    let left = NAMES + if labelled { LABELS } else { 0.0 };
    let (mut y, mut body) = (28.0, String::new());
    for (name, bars) in &view.bars {
        let height = if labelled { 16.0 } else { 22.0 };
        let middle = y + height * bars.len() as f64 / 2.0;
        body.push_str(&format!(
            "<text x=\"{}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\n",
            NAMES - 8.0,
            middle + 5.0,
            escaped(&name.replace('`', ""))
        ));
        for bar in bars {
            let long = length(bar.value);
            if labelled {
                body.push_str(&format!(
                    "<text x=\"{}\" y=\"{:.0}\" text-anchor=\"end\" font-size=\"12\">{}</text>\n",
                    left - 8.0,
                    y + 12.0,
                    escaped(&bar.label)
                ));
            }
            body.push_str(&format!(
                "<rect x=\"{left}\" y=\"{:.0}\" width=\"{long:.0}\" height=\"{}\" fill=\"var(--links)\"/>\n\
                 <text x=\"{:.0}\" y=\"{:.0}\" font-size=\"13\">{}</text>\n",
                y + 2.0,
                height - 4.0,
                left + long + 6.0,
                y + height / 2.0 + 4.5,
                escaped(&bar.text)
            ));
            y += height;
        }
        y += if labelled { 8.0 } else { 2.0 };
    }
    let mut ticks = String::new();
    let mut tick = first;
    while logarithmic && tick <= most {
        ticks.push_str(&format!(
            "<line x1=\"{0:.0}\" y1=\"24\" x2=\"{0:.0}\" y2=\"{1:.0}\" stroke=\"currentColor\" stroke-opacity=\"0.25\"/>\n",
            left + (tick / first).log10() / (most / first).log10() * BARS,
            y
        ));
        tick *= 10.0;
    }
    format!(
        "<figure class=\"diagram\">\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y:.0}\" viewBox=\"0 0 {WIDTH} {y:.0}\" \
         role=\"img\" aria-labelledby=\"{id}-title\" font-family=\"inherit\" font-size=\"14\" fill=\"var(--fg)\">\n\
         <title id=\"{id}-title\">{0}</title>\n\
         <text x=\"0\" y=\"16\" font-weight=\"bold\">{0}</text>\n\
         {ticks}{body}</svg>\n</figure>",
        escaped(&title)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// With its unit, two digits of it.
fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e6 => format!("{} µs", micros(ns)),
        ns => format!("{} ms", plain(significant(ns / 1e6, 2))),
    }
}

fn micros(ns: f64) -> String {
    plain(significant(ns / 1e3, 2))
}

/// How many times: what a second run would say too.
fn factor(ratio: f64) -> String {
    plain(match ratio {
        ratio if ratio < 3.0 => significant(ratio, 2),
        ratio if ratio < 20.0 => ratio.round(),
        ratio => significant(ratio, if ratio < 100.0 { 2 } else { 1 }),
    })
}

fn significant(number: f64, digits: i32) -> f64 {
    if number <= 0.0 {
        return number;
    }
    let unit = 10f64.powi(number.log10().floor() as i32 + 1 - digits);
    (number / unit).round() * unit
}

/// With as many decimals as two digits need, and groups of three.
fn plain(number: f64) -> String {
    match number {
        number if number >= 9.95 || number == 0.0 => grouped(number),
        number if number >= 0.995 => format!("{number:.1}"),
        number => {
            let text = format!("{number:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::tests::{results, row};

    fn pages(plots: bool) -> BenchPages {
        let mut one = row("b", "asyncio", 10_000, 65_432.0);
        one.p99 = Some(2_500_000.0);
        let words = "claim = []\n[name]\na = { en = \"plain `a`\", zh = \"甲\" }\nb = { en = \"<b>\", zh = \"乙\" }\n";
        BenchPages {
            results: results(vec![
                row("a", "asyncio", 1, 112.0),
                row("b", "asyncio", 1, 65_432.0),
                one,
            ]),
            words: toml::from_str(words).expect("TOML"),
            chinese: false,
            plots,
        }
    }

    #[test]
    fn a_group_is_a_table_and_on_the_site_a_plot_above_it() {
        let text = pages(false).replaced("{{bench:await}}").expect("known");
        assert_eq!(
            text,
            "| Way | asyncio | times an asyncio future |\n|---|---:|---:|\n\
             | plain `a` | 0.11 µs | 1.0 |\n| <b> | 65 µs | 600 |"
        );
        let text = pages(true).replaced("{{bench:await}}").expect("known");
        assert!(
            text.contains("role=\"img\"") && text.contains("<title id="),
            "{text}"
        );
        assert!(
            text.contains("&lt;b&gt;") && text.ends_with("| 65 µs | 600 |"),
            "{text}"
        );
        assert!(!text.contains("style="), "{text}");
        // A blank line would end the block of HTML in Markdown.
        let drawing = text.split("</figure>").next().expect("a drawing");
        assert!(!drawing.contains("\n\n"), "{text}");
    }

    #[test]
    fn a_factor_says_no_more_than_a_second_run_would() {
        let text = pages(false).replaced("{{bench-ratio:b/a}} {{bench-time:b}} {{bench-rate:b}}");
        assert_eq!(text.expect("known"), "600 65 µs 15,000");
        let factors = [0.0213, 1.04, 2.66, 13.4, 24.9, 137.0];
        assert_eq!(
            factors.map(factor),
            ["0.021", "1.0", "2.7", "13", "25", "100"]
        );
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
            let error = pages(false).replaced(wrong).expect_err(wrong);
            assert!(format!("{error:#}").starts_with(wrong), "{error:#}");
        }
    }

    #[test]
    fn many_in_flight_have_a_column_each() {
        let text = pages(false)
            .replaced("{{bench:await/in-flight}}")
            .expect("known");
        assert!(text.contains("| <b> | 65 µs | – | 65 µs |"), "{text}");
        assert!(!text.contains("plain"), "{text}");
    }
}
