//! `bench-guide`: how long the guide's own checks and its site take, what they spend it on, and how both grow.
//!
//! All of it runs in a copy of the repository, with the builds that are there.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::repo::{Page, Repo, files, page};
use crate::results::record::Record;
use crate::run::{Checkout, LockFile, Project, Sandbox};

/// How many pages are added to each language, one after the other.
const MORE_PAGES: [usize; 4] = [0, 10, 100, 1000];
/// What is measured while the pages become more.
const GROWING: [&str; 3] = ["check", "test-examples", "build"];
/// Short measurements are repeated, and the least time counts: another program can only add to it.
const REPEATS: usize = 3;
const ENOUGH_SECONDS: f64 = 30.0;
/// The page and the crate that are edited.
const PAGE: &str = "start/first-module.md";
const SOURCE: &str = "examples/native-module/tokio/src/lib.rs";

/// Measures and prints; with `cold` also a run in an empty target folder, which takes many minutes.
pub fn bench_guide(project: &Project, cold: bool) -> Result<()> {
    let copy = Checkout::make(project, "bench-guide")?;
    let first = seconds(&copy, "test-examples")?;
    let record = record_in(&copy.root)?;
    let (steps, kept) = (record.steps.len(), record.count(|step| step.kept));
    println!("{steps} steps, of which {kept} were kept: {first:.1} s before anything was measured\n");
    print_runs(&copy, cold)?;
    print_kinds(project, &record)?;
    print_growth(&copy)
}

/// `test-examples` after nothing, one page and one example have changed.
fn print_runs(copy: &Checkout, cold: bool) -> Result<()> {
    println!("{:<24} {:>8} {:>8} {:>8}", "test-examples", "seconds", "to warm", "run");
    let warm = least_seconds(copy, "test-examples")?;
    let row = |name: &str, seconds: f64| -> Result<()> {
        let ran = record_in(&copy.root)?.count(|step| !step.kept);
        println!("{name:<24} {seconds:>8.1} {:>8.1} {ran:>8}", seconds / warm);
        Ok(())
    };
    row("nothing changed", warm)?;
    let pages = [("en", "One more sentence."), ("zh", "再加一句。")].map(|(language, sentence)| {
        let more = format!("\n\n{sentence}\n\n");
        (format!("book/{language}/{PAGE}"), "\n\n", more)
    });
    let accept = format!("zh-accept {}+test-examples", PAGE.trim_end_matches(".md"));
    edited(copy, &pages, || row("one page edited", seconds(copy, &accept)?))?;
    let source = (SOURCE.to_owned(), "mod runtime;\n", "mod runtime;\n// Edited.\n".to_owned());
    edited(copy, &[source], || row("one example edited", seconds(copy, "test-examples")?))?;
    if cold {
        let target = copy.root.join("target/cold");
        row("cold", seconds_in(copy, "test-examples", &target)?)?;
        files::remove_if_there(&target)?;
    }
    println!();
    Ok(())
}

/// Measures while in each file the first of one text is another; then they are as before.
fn edited(copy: &Checkout, edits: &[(String, &str, String)], measure: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut before = Vec::new();
    for (file, find, with) in edits {
        let path = copy.root.join(file);
        let old = files::read(&path)?;
        files::write_if_changed(&path, old.replacen(find, with, 1).as_bytes())?;
        before.push((path, old));
    }
    let measured = measure();
    for (path, old) in before {
        files::write_if_changed(&path, old.as_bytes())?;
    }
    measured
}

/// What the steps took when they ran, by what they do: they run side by side, so the sum is more than a
/// run takes.
fn print_kinds(project: &Project, record: &Record) -> Result<()> {
    let mut kinds: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for step in &record.steps {
        let (count, seconds) = kinds.entry(kind(&step.name)).or_default();
        *count += 1;
        *seconds += step.seconds;
    }
    let crates = project.crates(None)?;
    let start = Instant::now();
    for example in &crates {
        Sandbox::set_up(project, example, LockFile::Seeded)?;
    }
    kinds.insert("copying the crates", (crates.len(), start.elapsed().as_secs_f64()));
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by(|(_, (_, a)), (_, (_, b))| b.total_cmp(a));
    let all: f64 = kinds.iter().map(|(_, (_, seconds))| seconds).sum();
    println!("{:<24} {:>8} {:>8} {:>8}", "all steps, run", "number", "seconds", "share");
    for (kind, (count, seconds)) in kinds {
        println!("{kind:<24} {count:>8} {seconds:>8.1} {:>7.1}%", 100.0 * seconds / all);
    }
    println!();
    Ok(())
}

/// What a step does, by its name.
fn kind(step: &str) -> &'static str {
    const KINDS: [(&str, &str); 9] = [
        (" by skeptic", "Rust blocks"),
        (": pytest", "pytest"),
        (": cargo test", "cargo test"),
        (": its stub", "stubs (mypy)"),
        (".pyi as the page shows it", "stubs (mypy)"),
        (" as the page shows it", "Python of the pages"),
        (": no build for CPython", "builds that must fail"),
        ("maturin", "modules, built"),
        (".console: ", "transcripts"),
    ];
    let found = KINDS.iter().find(|(part, _)| step.contains(part));
    found.map_or("checks of the pages", |(_, kind)| kind)
}

/// The same with more and more pages: the last column is the time of the most over that of the fewest, over
/// the same of the pages. 1 is in line with the pages; less is better.
fn print_growth(copy: &Checkout) -> Result<()> {
    let pages = originals(&copy.root)?;
    let (mut counts, mut times, mut made) = (Vec::new(), Vec::new(), 0);
    for more in MORE_PAGES {
        add_pages(&copy.root, &pages, made..more)?;
        made = more;
        seconds(copy, "keep-links")?;
        counts.push(pages.len() / 2 + more);
        times.push(GROWING.iter().map(|check| least_seconds(copy, check)).collect::<Result<Vec<f64>>>()?);
    }
    print!("{:<24}", "pages per language");
    counts.iter().for_each(|count| print!(" {count:>8}"));
    println!(" {:>8}", "growth");
    let last = MORE_PAGES.len() - 1;
    let of_pages = counts[last] as f64 / counts[0] as f64;
    for (index, name) in GROWING.iter().enumerate() {
        print!("{name:<24}");
        times.iter().for_each(|times| print!(" {:>8.1}", times[index]));
        println!(" {:>8.2}", times[last][index] / times[0][index] / of_pages);
    }
    Ok(())
}

/// The pages of both languages that others can be made from: those in the folder of a part.
fn originals(root: &Path) -> Result<Vec<Page>> {
    let mut pages = Repo::load(root)?.pages;
    pages.retain(|page| page.name.contains('/') && !page.name.starts_with("appendix/"));
    ensure!(!pages.is_empty(), "there is no page to make others from");
    Ok(pages)
}

/// Pages with the blocks, sections and links of those that are there, in the same folders.
fn add_pages(root: &Path, pages: &[Page], numbers: std::ops::Range<usize>) -> Result<()> {
    for language in page::LANGUAGES {
        let of_language: Vec<&Page> = pages.iter().filter(|page| page.language == language).collect();
        let folder = root.join("book").join(language);
        let summary = folder.join("SUMMARY.md");
        let mut list = format!("{}\n", files::read(&summary)?.trim_end());
        for number in numbers.clone() {
            let page = of_language[number % of_language.len()];
            let name = format!("{}-{number}.md", page.name.trim_end_matches(".md"));
            files::write_if_changed(&folder.join(&name), page.text.as_bytes())?;
            list.push_str(&format!("- [{number}]({name})\n"));
        }
        files::write_if_changed(&summary, list.as_bytes())?;
    }
    Ok(())
}

fn record_in(root: &Path) -> Result<Record> {
    Record::of_these_sources(&Repo::load(root)?).context("the run has left no record")
}

fn least_seconds(copy: &Checkout, check: &str) -> Result<f64> {
    let mut times = Vec::new();
    while times.len() < REPEATS && times.iter().sum::<f64>() <= ENOUGH_SECONDS {
        times.push(seconds(copy, check)?);
    }
    Ok(times.into_iter().fold(f64::INFINITY, f64::min))
}

fn seconds(copy: &Checkout, check: &str) -> Result<f64> {
    seconds_in(copy, check, &copy.project.builds)
}

/// The time of a run that fails says nothing.
fn seconds_in(copy: &Checkout, check: &str, target: &Path) -> Result<f64> {
    let start = Instant::now();
    let (success, said) = copy.run(check, None, target)?;
    ensure!(success, "`guide {check}` fails in the copy:\n{said}");
    Ok(start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::project;
    use crate::results::record::SOURCES;
    use crate::results::verdict::Verdict;

    #[test]
    fn a_step_is_of_the_first_kind_that_its_name_tells() {
        assert_eq!(kind("a/tokio: b.pyi as the page shows it"), "stubs (mypy)");
        assert_eq!(kind("a/tokio: b.py as the page shows it"), "Python of the pages");
        assert_eq!(kind("a/tokio: i.console: maturin develop"), "modules, built");
        assert_eq!(kind("renames are those of the crates"), "checks of the pages");
    }

    const PAGES: [(&str, &str); 6] = [
        ("book/en/SUMMARY.md", "- [A](start/a.md)\n\n\n"),
        ("book/zh/SUMMARY.md", "- [甲](start/a.md)\n"),
        ("book/en/start/a.md", "# A {#a}\n"),
        ("book/zh/start/a.md", "# 甲 {#a}\n"),
        ("book/en/index.md", "# Start {#start}\n"),
        ("book/en/appendix/b.md", "# B {#b}\n"),
    ];

    #[test]
    fn pages_are_made_from_those_of_a_part_and_listed() {
        let (_place, project) = project(&PAGES);
        let root = &project.repo.root;
        let pages = originals(root).expect("two pages");
        assert_eq!(pages.iter().map(Page::file).collect::<Vec<_>>(), ["book/en/start/a.md", "book/zh/start/a.md"]);
        add_pages(root, &pages, 0..2).expect("their folders");
        add_pages(root, &pages, 2..3).expect("their folders");
        let read = |file: &str| files::read(&root.join(file)).expect("there");
        assert_eq!(
            read("book/en/SUMMARY.md"),
            "- [A](start/a.md)\n- [0](start/a-0.md)\n- [1](start/a-1.md)\n- [2](start/a-2.md)\n"
        );
        assert_eq!(read("book/zh/start/a-2.md"), "# 甲 {#a}\n");
        assert_eq!(Repo::load(root).expect("a tree").pages_in("zh").count(), 4);
    }

    #[test]
    fn a_guide_without_a_part_cannot_grow() {
        let (_place, project) = project(&PAGES[4..]);
        let error = originals(&project.repo.root).err().expect("none");
        assert_eq!(error.to_string(), "there is no page to make others from");
    }

    /// A record of two steps for the sources as they are.
    fn record(project: &Project) -> Record {
        let step = |name: &str| Verdict {
            name: name.to_owned(),
            passed: true,
            kept: false,
            alone: false,
            ran: "2026-11-29".to_owned(),
            seconds: 1.0,
            proves: Vec::new(),
        };
        let record = Record {
            date: "2026-11-29".to_owned(),
            python: "3.11.7".to_owned(),
            rust: "1.95.0".to_owned(),
            system: "linux".to_owned(),
            sources: project.repo.hash_of(SOURCES),
            steps: vec![step("a by skeptic"), step("b: pytest")],
            tests: BTreeMap::new(),
        };
        assert!(record.write(&project.repo).expect("a folder"));
        record
    }

    /// What this program's tests do quickly: it stands in for the command line.
    const QUICK: &str = "--list";

    #[test]
    fn an_edit_is_undone_also_when_the_run_leaves_no_record() {
        let (_place, project) = project(&PAGES);
        record(&project);
        let root = project.repo.root.clone();
        let copy = Checkout { project: &project, root: root.clone() };
        assert!(least_seconds(&copy, QUICK).expect("it ends well") >= 0.0);
        let edit = |file: &str| [(file.to_owned(), "\n", "\nMore.\n".to_owned())];
        let measured = || record_in(&root).map(|found| assert_eq!(found.steps.len(), 2));
        edited(&copy, &edit("ci/crates.toml"), measured).expect("a record of the same sources");
        let error = edited(&copy, &edit("book/en/start/a.md"), measured).expect_err("of other sources");
        assert_eq!(error.to_string(), "the run has left no record");
        assert_eq!(files::read(&root.join("book/en/start/a.md")).expect("there"), "# A {#a}\n");
    }

    #[test]
    fn the_time_of_a_run_that_fails_is_none() {
        let (_place, project) = project(&[]);
        let copy = Checkout { project: &project, root: project.repo.root.clone() };
        let error = seconds(&copy, "--no-such-flag").expect_err("it fails");
        assert!(error.to_string().starts_with("`guide --no-such-flag` fails in the copy:\n"), "{error}");
    }

    #[test]
    fn kinds_of_steps_are_counted_with_the_copying_of_the_crates() {
        let (_place, project) = project(&[]);
        print_kinds(&project, &record(&project)).expect("copies of the crates");
        let copied = project.copies.join("seeded/rust-app/tokio/src/main.rs");
        assert!(copied.is_file(), "{}", copied.display());
    }
}
