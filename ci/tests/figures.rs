//! What pages show of a benchmark, from a small `ci/bench.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use guide_ci::repo::Repo;
use guide_ci::results::figures::{Figures, View};
use guide_ci::site::plot;

/// Bytes of a call of `fast` alone, both ways with many in flight, and one way of which only the processor time is
/// measured.
const RESULTS: &str = r#"
date = "2026-11-29"
machine = { cpu = "abacus", cores = 2, system = "linux", load = 0.5 }
versions = { python = "3.11.7", tokio = "1.48.0" }
memory = [{ name = "fast", resident = 1234.0, traced = 567.0 }]
row = [
    { group = "await", name = "slow", loop = "asyncio", in_flight = 1, ns = 3000.0, ratio = 30.0 },
    { group = "await", name = "fast", loop = "asyncio", in_flight = 1, ns = 1000.0, ratio = 10.0, p50 = 900.0, p99 = 2000.0 },
    { group = "await", name = "fast", loop = "asyncio", in_flight = 100, ns = 800.0, ratio = 8.0, p50 = 90000.0, p99 = 120000.0 },
    { group = "await", name = "fast", loop = "asyncio", in_flight = 10000, ns = 700.0, ratio = 7.0, p50 = 8000000.0, p99 = 12000000.0 },
    { group = "await", name = "fast", loop = "uvloop", in_flight = 1, ns = 500.0, ratio = 9.0 },
    { group = "await", name = "slow", loop = "uvloop", in_flight = 100, ns = 2500.0, ratio = 25.0 },
    { group = "work", name = "busy", loop = "asyncio", in_flight = 10000, ns = 4000.0, ratio = 40.0 },
    { group = "work", name = "nameless", loop = "asyncio", in_flight = 1, ns = 1.0, ratio = 1.0 },
]
"#;

const NAMES: &str = r#"
claim = []
[name]
slow = { en = "the slow way", zh = "慢的方式" }
fast = { en = "the fast way", zh = "快的方式" }
busy = { en = "the busy way", zh = "忙的方式" }
"#;

fn repo(results: &str) -> Repo {
    let manifest = "[package]\nname = \"a\"\n";
    let files = [
        ("book/exempt.toml", ""),
        ("book/words.toml", include_str!("../../book/words.toml")),
        ("book/bench.toml", NAMES),
        ("ci/bench.toml", results),
        ("examples/a/tokio/Cargo.toml", manifest),
        ("examples/pyo3-asyncio/a/tokio/Cargo.toml", manifest),
    ];
    let files: BTreeMap<_, _> = files.map(|(file, text)| (file.to_owned(), text.as_bytes().to_vec())).into();
    Repo::of(Path::new("/tree"), files).expect("a tree")
}

fn shown(language: &str, directive: &str) -> String {
    let figures = Figures::of(&repo(RESULTS), language, None).expect("its tables");
    figures.replaced(directive).expect("known")
}

#[test]
fn times_have_percentiles_and_uvloop_where_they_were_measured() {
    assert_eq!(
        shown("en", "{{bench:await}}"),
        "| Way | asyncio | times an asyncio future | median latency | 99th percentile | uvloop |\n\
         |---|---:|---:|---:|---:|---:|\n\
         | the slow way | 3.0 µs | 30 | – | – | – |\n\
         | the fast way | 1.0 µs | 10 | 0.9 µs | 2.0 µs | 0.5 µs |"
    );
}

#[test]
fn another_loop_is_asked_for_by_its_name() {
    assert_eq!(
        shown("zh", "{{bench:await/in-flight@uvloop}}"),
        "| 同时在途的调用 | 1 | 100 | 10,000 |\n|---|---:|---:|---:|\n| 慢的方式 | – | 2.5 µs | – |"
    );
}

#[test]
fn latencies_are_of_what_was_measured_with_each_number_in_flight() {
    assert_eq!(
        shown("en", "{{bench:await/latency}}"),
        "| Calls in flight | 1, median | 1, 99th | 100, median | 100, 99th | 10,000, median | 10,000, 99th |\n\
         |---|---:|---:|---:|---:|---:|---:|\n\
         | the fast way | 0.9 µs | 2.0 µs | 90 µs | 120 µs | 8.0 ms | 12 ms |"
    );
}

#[test]
fn processor_time_and_memory_have_a_table_each() {
    assert_eq!(
        shown("en", "{{bench:await/memory}}"),
        "| A call in flight | bytes of the process | of these, Python's |\n|---|---:|---:|\n\
         | the fast way | 1,200 | 570 |"
    );
    let figures = Figures::of(&repo(&RESULTS.replace("nameless", "busy")), "en", None).expect("its tables");
    assert_eq!(
        figures.replaced("{{bench:work/processor}}").expect("known"),
        "| Way | asyncio | times | uvloop | times |\n|---|---:|---:|---:|---:|\n\
         | the busy way | 4.0 µs | 40 | – | – |"
    );
}

#[test]
fn sentences_name_bytes_and_the_machine() {
    assert_eq!(shown("en", "{{bench-bytes:fast}}"), "1,200 bytes");
    assert_eq!(
        shown("en", "{{bench-machine}}"),
        "Measured on 2026-11-29: abacus, 2 cores, linux, load 0.5 at the start; CPython 3.11.7, uvloop ?, Rust ?, \
         pyo3 ?, pyo3-async-runtimes ?, tokio 1.48.0, async-std ?, pyo3-asyncio ?."
    );
    assert_eq!(shown("en", "{{bench-ratio:fast@100/fast}}"), "0.8");
}

#[test]
fn each_view_is_drawn_with_a_bar_for_each_number() {
    fn drawn(view: &View, id: &str) -> String {
        let bars = view.bars.iter().map(|(name, bars)| {
            let bars: Vec<_> = bars.iter().map(|bar| format!("{} {}", bar.label, bar.text)).collect();
            format!("{name}: {}", bars.join(", "))
        });
        format!("[{id}] {}: {}", view.title, bars.collect::<Vec<_>>().join("; "))
    }
    let figures = Figures::of(&repo(RESULTS), "en", Some(drawn)).expect("its tables");
    let first = |directive: &str| {
        let text = figures.replaced(directive).expect("known");
        text.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        first("{{bench:await/in-flight}}"),
        "[bench-await-in-flight] Time of a call on asyncio, by the number of calls in flight: \
         the fast way: 1 1.0 µs, 100 0.8 µs, 10,000 0.7 µs"
    );
    assert_eq!(
        first("{{bench:await/latency@asyncio}}"),
        "[bench-await-latency-asyncio] Time from a call to its result on asyncio, 99th percentile: \
         the fast way: 1 2.0 µs, 100 120 µs, 10,000 12 ms"
    );
    assert_eq!(
        first("{{bench:await/memory}}"),
        "[bench-await-memory] Bytes that a call in flight holds: the fast way:  1,200"
    );
}

#[test]
fn a_row_without_a_name_and_a_view_that_nobody_knows_are_errors() {
    let error = |directive: &str| {
        let figures = Figures::of(&repo(RESULTS), "en", Some(plot::plot)).expect("its tables");
        format!("{:#}", figures.replaced(directive).expect_err("an error"))
    };
    assert_eq!(error("{{bench:work}}"), "{{bench:work}}: book/bench.toml has no name of nameless");
    assert_eq!(
        error("{{bench:await/speed}}"),
        "{{bench:await/speed}}: a view is in-flight, latency, memory or processor"
    );
}
