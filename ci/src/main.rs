//! `guide`: the program behind the recipes of the justfile.
//!
//! To follow a page from Markdown to verdict, read `verify` first: it names the modules in order.

mod assertions;
mod bench;
mod bench_guide;
mod bench_pages;
mod captures;
mod chinese;
mod copies;
mod copy_out;
mod csp;
mod diffs;
mod downloads;
mod error_messages;
mod expand;
mod fails;
mod for_programs;
mod idioms;
mod kept;
mod manifests;
mod matrix;
mod mixed;
mod on_uvloop;
mod page;
mod parity;
mod permanent;
mod project;
mod prove;
mod pythons;
mod recipes;
mod record;
mod renames;
mod report;
mod rules;
mod run;
mod rust_blocks;
mod side_by_side;
mod site;
mod sizes;
mod sources;
mod stamps;
mod status;
mod steps;
mod stress;
mod stubs;
mod tested_by;
mod today;
mod track;
mod transcripts;
mod verify;
mod verify_file;
mod versions;
mod workshop;

use std::process::Command;

use anyhow::{Result, bail};

use copies::Copies;
use project::Project;
use recipes::Bless;
use today::Share;

const USAGE: &str = "guide: test-examples [TOPIC [--only STEP [--crate CRATE]] | --rust-blocks] [--fresh], test-alone [--share DAYS], bench, test-matrix [--topic TOPIC] [3.N ...] [VERSION=COMMAND ...], test-uvloop [--share DAYS], \
verify-file FILE --deps NAME@VERSION ..., stress EXITS [TOPIC | CRATE] [--uvloop], check, sync, copy EXAMPLE FOLDER [--name NAME], test-copies [NAME], lint, prove [KIND [WORDS OF THE NAME] | --share DAYS], bench-guide [--cold], bless [--from-this-python] [TOPIC], zh-status, zh-accept PAGE, new-example TOPIC VARIANT KIND, build [--pdf], keep-links, links, preprocess";

fn main() {
    if let Err(error) = recipe() {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}

fn recipe() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test-examples", choice @ ..] => {
            verify::test_examples(&Project::find()?, &verify::Choice::parse(choice)?)
        }
        ["verify-file", file, options @ ..] => {
            verify_file::verify_file(&Project::find()?, file, options)
        }
        ["bench"] => bench::bench(&Project::find()?),
        ["test-alone"] => recipes::test_alone(&Project::find()?, Share::ALL),
        ["test-alone", "--share", days] => {
            recipes::test_alone(&Project::find()?, Share::of_today(days)?)
        }
        ["test-matrix", others @ ..] => matrix::test_matrix(&project::root()?, others),
        ["test-uvloop"] => on_uvloop::test_uvloop(&Project::find()?, Share::ALL),
        ["test-uvloop", "--share", days] => {
            on_uvloop::test_uvloop(&Project::find()?, Share::of_today(days)?)
        }
        ["stress", exits, topic @ .., "--uvloop"] if topic.len() < 2 => {
            stress::stress(&Project::find()?, exits, topic.first().copied(), true)
        }
        ["stress", exits, topic @ ..] if topic.len() < 2 => {
            stress::stress(&Project::find()?, exits, topic.first().copied(), false)
        }
        ["check"] => check(),
        ["copy", source, target] => copy_out::copy(&Project::find()?, source, target, None),
        ["copy", source, target, "--name", name] | ["copy", "--name", name, source, target] => {
            copy_out::copy(&Project::find()?, source, target, Some(name))
        }
        ["test-copies"] => copy_out::test_copies(&Project::find()?, None),
        ["test-copies", name] => copy_out::test_copies(&Project::find()?, Some(name)),
        ["sync"] => {
            let root = project::root()?;
            sizes::lower(&root)?;
            copies::sync(&root)
        }
        ["lint"] => recipes::lint(&Project::find()?),
        ["prove"] => prove::prove(&Project::find()?, None, ""),
        ["prove", "--share", days] => prove::prove_share(&Project::find()?, Share::of_today(days)?),
        ["prove", kind, words @ ..] => {
            prove::prove(&Project::find()?, Some(kind), &words.join(" "))
        }
        ["bench-guide"] => bench_guide::bench_guide(&Project::find()?, false),
        ["bench-guide", "--cold"] => bench_guide::bench_guide(&Project::find()?, true),
        ["bless", "--from-this-python", topic @ ..] => recipes::bless(
            &Project::find()?,
            topic.first().copied(),
            Bless::FromThisPython,
        ),
        ["bless", topic @ ..] => {
            recipes::bless(&Project::find()?, topic.first().copied(), Bless::Rewrite)
        }
        ["zh-status"] => {
            let root = project::root()?;
            stamps::print_status(&root, &page::load_all(&root)?)
        }
        ["zh-accept", page] => {
            let root = project::root()?;
            stamps::accept(&root, &page::load_all(&root)?, page)
        }
        ["new-example", topic, variant, kind] => {
            copy_out::new_example(&Project::find()?, topic, variant, kind)
        }
        ["keep-links"] => {
            let root = project::root()?;
            permanent::keep(&root, &page::load_all(&root)?)
        }
        ["links"] => links(),
        ["build"] => site::build(&project::root()?, false),
        ["build", "--pdf"] => site::build(&project::root()?, true),
        ["preprocess"] => versions::preprocess(&project::root()?),
        // mdBook asks whether a renderer is supported: all are.
        ["preprocess", "supports", _] => Ok(()),
        _ => bail!("{USAGE}"),
    }
}

/// The checks of the pages that need no build of an example.
fn check() -> Result<()> {
    let root = project::root()?;
    let pages = page::load_all(&root)?;
    let crates = project::crates(&root)?;
    let mut problems = sources::problems(&root, &pages, &crates)?;
    // What no step of `test-examples` depends on.
    problems.extend(Copies::load(&root, &crates)?.problems(&root)?);
    problems.extend(sizes::problems(&root, &crates)?);
    problems.extend(idioms::problems(&root, &crates)?);
    problems.extend(
        verify::structure(&root, &pages)?
            .into_iter()
            .flat_map(|(_, found)| found),
    );
    if !problems.is_empty() {
        bail!(
            "{}\n{} problems in the pages",
            problems.join("\n"),
            problems.len()
        );
    }
    println!(
        "{} pages: includes, editions, stamps and Chinese text are in order",
        pages.len()
    );
    Ok(())
}

/// Every link and `#fragment` of the built site, between the editions too.
fn links() -> Result<()> {
    let site = project::root()?.join("target/site");
    let ended = run::run(
        Command::new("lychee")
            .args([
                "--offline",
                "--include-fragments",
                "--no-progress",
                "--exclude-path",
                "print.html",
                "--root-dir",
            ])
            .args([&site, &site]),
    )?;
    if !ended.success {
        bail!(
            "a link of the built site is broken:\n{}",
            ended.text.trim_end()
        );
    }
    println!("{}", ended.text.trim());
    Ok(())
}
