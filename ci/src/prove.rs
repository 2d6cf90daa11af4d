//! `prove`: plants each fault of `ci/faults.toml` in a copy of the repository; a check must catch it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::project::{self, ExampleCrate, Project};
use crate::run;
use crate::side_by_side;
use crate::today::Share;
use crate::track::Track;

/// A check may be a run of everything, without any build.
const LIMIT: Duration = Duration::from_secs(7200);

/// A lie that a page, an example or a setting could tell, and what must happen.
struct Fault {
    kind: String,
    name: String,
    edits: Vec<Edit>,
    /// The arguments of `guide` that must fail, such as `test-examples rust-app`.
    check: String,
    /// A part of the message that the check must print.
    says: String,
    /// A step of which a pass is kept when the fault is planted: the check must run it again all the same.
    kept: Option<String>,
}

impl Fault {
    fn needs_a_build(&self) -> bool {
        self.check.starts_with("test-")
    }

    /// The test of Python that must fail: with such a fault others may wait for what never comes. Of a run
    /// of one test no other run's pass is found, so not where that pass is the point.
    fn test(&self) -> Option<&str> {
        let one = self.check.ends_with("--only pytest") && self.says.starts_with("test_");
        (one && self.kept.is_none()).then_some(self.says.as_str())
    }

    /// Faults of one place are tried one after the other: both copies would build the same crates. `None` is
    /// for a fault that is tried while no other is: the Rust blocks have one folder, and passes that are kept
    /// are of every topic.
    fn place(&self) -> Option<String> {
        let words: Vec<&str> = self.check.split(' ').collect();
        match words.as_slice() {
            _ if self.kept.is_some() => None,
            ["test-examples", topic, "--only", ..] => Some((*topic).to_owned()),
            ["test-examples", ..] => None,
            // They build in one folder.
            ["test-copies", ..] => Some("test-copies".to_owned()),
            _ => Some(format!("{}: {}", self.kind, self.name)),
        }
    }
}

/// One change of a file; a `*` in its path stands for every variant of the topic.
struct Edit {
    file: String,
    change: Change,
}

enum Change {
    Replace { find: String, with: String },
    Write(String),
    Remove,
}

/// Plants the faults (of one kind, with these words in their name), prints the table and fails if one was
/// missed.
pub fn prove(project: &Project, kind: Option<&str>, words: &str) -> Result<()> {
    plant(project, chosen(load(&project.root)?, kind, words)?)
}

/// Plants those that need no build, and of the others the share of today.
pub fn prove_share(project: &Project, share: Share) -> Result<()> {
    let mut faults = load(&project.root)?;
    share.retain(&mut faults, Fault::needs_a_build);
    plant(project, faults)
}

fn plant(project: &Project, faults: Vec<Fault>) -> Result<()> {
    let workers = side_by_side::workers();
    let copies = (1..=workers)
        .map(|number| Copy::make(project, &format!("prove-{number}")))
        .collect::<Result<Vec<_>>>()?;
    copies[0].must_be_sound()?;
    let prover = Prover {
        total: faults.len(),
        copies: Mutex::new(copies),
        ended: Mutex::default(),
    };
    let (with_others, alone): (Vec<_>, Vec<_>) = faults
        .into_iter()
        .partition(|fault| fault.place().is_some());
    side_by_side::each(&alone, 1, Fault::place, |fault| prover.prove(fault));
    side_by_side::each(&with_others, workers, Fault::place, |fault| {
        prover.prove(fault)
    });
    prover.finish()
}

/// The copies that are free, and how many faults were caught and missed until now.
struct Prover<'a> {
    total: usize,
    copies: Mutex<Vec<Copy<'a>>>,
    ended: Mutex<Ended>,
}

#[derive(Default)]
struct Ended {
    caught: usize,
    missed: usize,
}

impl Prover<'_> {
    /// Tries a fault in a copy that is free, and prints what came of it.
    fn prove(&self, fault: &Fault) {
        let copy = held(&self.copies)
            .pop()
            .expect("each worker has at most one of the copies, and there are as many");
        let start = Instant::now();
        let verdict = copy.try_fault(fault);
        held(&self.copies).push(copy);
        let mut ended = held(&self.ended);
        let word = match verdict {
            Ok(()) => {
                ended.caught += 1;
                "caught"
            }
            Err(_) => {
                ended.missed += 1;
                "MISSED"
            }
        };
        println!(
            "[{:>3}/{}] {word} {:>5.1} s  {}: {} (guide {})",
            ended.caught + ended.missed,
            self.total,
            start.elapsed().as_secs_f64(),
            fault.kind,
            fault.name,
            fault.check
        );
        if let Err(error) = verdict {
            println!("    {}", format!("{error:#}").replace('\n', "\n    "));
        }
    }

    fn finish(self) -> Result<()> {
        let ended = held(&self.ended);
        println!("\n{} caught, {} missed", ended.caught, ended.missed);
        if ended.missed > 0 {
            std::process::exit(1);
        }
        Ok(())
    }
}

/// A panic elsewhere leaves what the lock holds as it should be.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn chosen(faults: Vec<Fault>, kind: Option<&str>, words: &str) -> Result<Vec<Fault>> {
    let Some(kind) = kind else { return Ok(faults) };
    let mut kinds: Vec<String> = faults.iter().map(|fault| fault.kind.clone()).collect();
    kinds.dedup();
    let chosen: Vec<Fault> = faults
        .into_iter()
        .filter(|fault| fault.kind == kind && fault.name.contains(words))
        .collect();
    if chosen.is_empty() {
        bail!(
            "no fault has the kind {kind} and “{words}” in its name: the kinds are {}",
            kinds.join(", ")
        );
    }
    Ok(chosen)
}

/// The table of faults: `[kind]` holds its faults by name.
fn load(root: &Path) -> Result<Vec<Fault>> {
    let path = root.join("ci/faults.toml");
    let table: BTreeMap<String, Vec<Table>> =
        toml::from_str(&project::read(&path)?).context("ci/faults.toml is malformed")?;
    table
        .into_iter()
        .flat_map(|(kind, faults)| faults.into_iter().map(move |fault| (kind.clone(), fault)))
        .map(|(kind, fault)| {
            let name = text(&fault, "name")?;
            read_fault(&kind, &name, &fault)
                .with_context(|| format!("ci/faults.toml: {kind}: {name}"))
        })
        .collect()
}

fn read_fault(kind: &str, name: &str, fault: &Table) -> Result<Fault> {
    let more = fault
        .get("also")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let edits = std::iter::once(fault)
        .chain(more.filter_map(Value::as_table))
        .map(read_edit)
        .collect::<Result<_>>()?;
    Ok(Fault {
        kind: kind.to_owned(),
        name: name.to_owned(),
        edits,
        check: fault
            .get("check")
            .and_then(Value::as_str)
            .unwrap_or("check")
            .to_owned(),
        says: text(fault, "says")?,
        kept: fault.get("kept").and_then(Value::as_str).map(str::to_owned),
    })
}

fn read_edit(edit: &Table) -> Result<Edit> {
    let change = match (edit.get("find"), edit.get("write"), edit.get("remove")) {
        (Some(_), None, None) => Change::Replace {
            find: text(edit, "find")?,
            with: text(edit, "with")?,
        },
        (None, Some(_), None) => Change::Write(text(edit, "write")?),
        (None, None, Some(_)) => Change::Remove,
        _ => bail!("an edit has `find` and `with`, or `write`, or `remove`"),
    };
    Ok(Edit {
        file: text(edit, "file")?,
        change,
    })
}

fn text(table: &Table, key: &str) -> Result<String> {
    let value = table
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("no text `{key}`"))?;
    Ok(value.to_owned())
}

/// A copy of the repository in which faults are planted, one at a time.
pub struct Copy<'a> {
    pub project: &'a Project,
    pub root: PathBuf,
}

impl<'a> Copy<'a> {
    /// Copies what git tracks, and what it would track.
    pub fn make(project: &'a Project, name: &str) -> Result<Self> {
        let root = project.copies.join(name);
        if root.exists() {
            fs::remove_dir_all(&root)
                .with_context(|| format!("cannot empty {}", root.display()))?;
        }
        let files = project::output_of(Command::new("git").current_dir(&project.root).args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
        ]))?;
        for file in files.lines() {
            let from = project.root.join(file);
            if from.is_file() {
                let content = fs::read(&from).with_context(|| format!("cannot read {file}"))?;
                project::write_if_changed(&root.join(file), &content)?;
            }
        }
        Ok(Self { project, root })
    }

    /// A fault proves nothing in a tree that fails without it.
    fn must_be_sound(&self) -> Result<()> {
        let (success, said) = self.run("check", None, &self.project.builds)?;
        if !success {
            bail!("the copy fails before a fault is planted:\n{said}");
        }
        Ok(())
    }

    fn try_fault(&self, fault: &Fault) -> Result<()> {
        if let Some(step) = &fault.kept {
            self.keep(&fault.check, step)?;
        }
        let mut old = BTreeMap::new();
        let verdict = self.plant(fault, &mut old).and_then(|()| {
            let checks = self.checks_of(fault, old.keys())?;
            // The same builds: only what a fault changed is compiled again.
            self.run(&checks, fault.test(), &self.project.builds)
        });
        self.restore(old)?;
        match verdict? {
            (true, _) => bail!("`guide {}` passed", fault.check),
            (false, said) if said.contains(&fault.says) => Ok(()),
            (false, said) => {
                bail!(
                    "`guide {}` failed without saying “{}”:\n{said}",
                    fault.check,
                    fault.says
                )
            }
        }
    }

    /// The checks that must catch a fault. Of a topic's crates only those run that the fault changes, one
    /// after the other until one fails: the others are what they were.
    fn checks_of<'p>(
        &self,
        fault: &Fault,
        changed: impl Iterator<Item = &'p PathBuf> + Clone,
    ) -> Result<String> {
        let words: Vec<&str> = fault.check.split(' ').collect();
        let ["test-examples", topic, "--only", _] = words.as_slice() else {
            return Ok(fault.check.clone());
        };
        let crates = project::crates(&self.root)?;
        let inside = |example: &ExampleCrate| {
            let mut changed = changed.clone();
            changed.any(|path| path.starts_with(&example.folder))
        };
        let of_crates: Vec<&ExampleCrate> = crates.iter().filter(|one| inside(one)).collect();
        let of_none = changed
            .clone()
            .any(|path| !of_crates.iter().any(|one| path.starts_with(&one.folder)));
        if of_none {
            return Ok(fault.check.clone());
        }
        let checks: Vec<String> = of_crates
            .iter()
            .filter(|example| example.topic == *topic)
            .map(|example| format!("{} --crate {}", fault.check, example.name()))
            .collect();
        Ok(checks.join("+"))
    }

    /// Runs a check until it shows that a pass of this step is kept: the second time at the latest.
    fn keep(&self, check: &str, step: &str) -> Result<()> {
        let is_kept = |said: &str| {
            let mut kept = said.lines().filter(|line| line.contains("] kept "));
            kept.any(|line| line.contains(step))
        };
        let mut said = String::new();
        for _ in 0..2 {
            said = self.run(check, None, &self.project.builds)?.1;
            if is_kept(&said) {
                return Ok(());
            }
        }
        bail!("`guide {check}` did not keep “{step}” before the fault was planted:\n{said}")
    }

    /// Makes the edits and remembers what was there (nothing, for a new file).
    fn plant(&self, fault: &Fault, old: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) -> Result<()> {
        for edit in &fault.edits {
            for path in self.paths(&edit.file)? {
                old.entry(path.clone())
                    .or_insert_with(|| fs::read(&path).ok());
                match &edit.change {
                    Change::Write(content) => project::write_if_changed(&path, content.as_bytes())?,
                    Change::Remove => {
                        fs::remove_file(&path).with_context(|| format!("no {}", path.display()))?
                    }
                    Change::Replace { find, with } => {
                        let text = project::read(&path)?;
                        if !text.contains(find) {
                            bail!("{}: does not hold “{find}”", path.display());
                        }
                        project::write_if_changed(&path, text.replacen(find, with, 1).as_bytes())?;
                    }
                }
            }
        }
        Ok(())
    }

    fn restore(&self, old: BTreeMap<PathBuf, Option<Vec<u8>>>) -> Result<()> {
        for (path, content) in old {
            match content {
                Some(content) => project::write_if_changed(&path, &content)?,
                None => {
                    fs::remove_file(&path)
                        .with_context(|| format!("cannot remove {}", path.display()))?;
                    // A folder that held only this file goes with it: it fails to be removed otherwise.
                    path.ancestors()
                        .skip(1)
                        .take_while(|folder| fs::remove_dir(folder).is_ok())
                        .count();
                }
            }
        }
        Ok(())
    }

    /// The files that a path with `*` for the variant names, and their twins in the other track.
    fn paths(&self, file: &str) -> Result<Vec<PathBuf>> {
        let files = match file.split_once("/*/") {
            None => vec![self.root.join(file)],
            Some((topic, rest)) => {
                let folder = self.root.join(topic);
                let all: Vec<PathBuf> = fs::read_dir(&folder)
                    .with_context(|| format!("cannot list {}", folder.display()))?
                    .filter_map(|entry| entry.ok())
                    .map(|entry| entry.path().join(rest))
                    .collect();
                // Of all topics, those that have the file, such as a copy of the runtime.
                let there: Vec<PathBuf> =
                    all.iter().filter(|file| file.is_file()).cloned().collect();
                if there.is_empty() { all } else { there }
            }
        };
        let twins: Vec<PathBuf> = files.iter().filter_map(|file| self.twin(file)).collect();
        Ok([files, twins].concat())
    }

    /// The same file in the other track: a page shows both at once.
    fn twin(&self, file: &Path) -> Option<PathBuf> {
        let inside = file.strip_prefix(self.root.join(Track::Current.examples()));
        let twin = self
            .root
            .join(Track::Pyo3Asyncio.examples())
            .join(inside.ok()?);
        let text = fs::read(&twin).ok()?;
        (fs::read(file).ok()? == text).then_some(twin)
    }

    /// Runs the checks that `+` joins, until one fails, with the builds of a target folder; of the tests of
    /// Python, those of this name.
    pub fn run(&self, checks: &str, test: Option<&str>, target: &Path) -> Result<(bool, String)> {
        let this = std::env::current_exe().context("this program does not know its own path")?;
        let mut said = String::new();
        for check in checks.split('+') {
            let mut command = Command::new(&this);
            command
                .args(check.split(' '))
                .current_dir(&self.root)
                .env("CARGO_TARGET_DIR", target)
                .envs(test.map(|test| ("PYTEST_ADDOPTS", format!("-k {test}"))));
            let ended = run::run_within(&mut command, LIMIT)?;
            said.push_str(&ended.text);
            if !ended.success {
                return Ok((false, said));
            }
        }
        Ok((true, said))
    }
}
