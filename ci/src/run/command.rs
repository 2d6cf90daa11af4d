//! Runs commands as a reader's terminal would, with a time limit that ends all that they started.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use process_wrap::std::{ChildWrapper, CommandWrap};

/// No step of the guide takes this long; a cold build on a slow machine may.
pub const LIMIT: Duration = Duration::from_secs(900);

const TICK: Duration = Duration::from_millis(5);

/// How long what is asked to end may take for it. Windows has no way to ask.
const GRACE: Duration = Duration::from_secs(if cfg!(unix) { 2 } else { 0 });
/// The same of a run of this program, which first ends its own commands, each in a group of its own.
const GRACE_OF_GUIDE: Duration = Duration::from_secs(if cfg!(unix) { 10 } else { 0 });

/// How a command ended and everything it printed, in the order in which it came.
pub struct Output {
    pub success: bool,
    pub code: Option<i32>,
    pub text: String,
}

/// Runs the command with standard output and error in one stream, as a terminal shows them.
pub fn run(command: &mut Command) -> Result<Output> {
    run_within(command, LIMIT)
}

/// The same, with a limit of the caller's: after it the command and all its descendants are ended.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<Output> {
    run_and_end(command, limit, GRACE)
}

/// The same for a run of this program.
pub fn run_guide(command: &mut Command, limit: Duration) -> Result<Output> {
    run_and_end(command, limit, GRACE_OF_GUIDE)
}

fn run_and_end(command: &mut Command, limit: Duration, grace: Duration) -> Result<Output> {
    let mut sink = tempfile::tempfile().context("cannot make a temporary file")?;
    let shown = format!("{command:?}");
    command.stdin(Stdio::null()).stdout(appending(&sink)?).stderr(appending(&sink)?);
    // What is started owns the command; its file handles end with it.
    let command = std::mem::replace(command, Command::new("false"));
    let running = Running::start(command, grace).with_context(|| format!("cannot start {shown}"))?;
    let status = running.wait(limit)?;
    let mut bytes = Vec::new();
    sink.rewind().context("cannot read the output")?;
    sink.read_to_end(&mut bytes).context("cannot read the output")?;
    let mut text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    if status.is_none() {
        text.push_str(&format!("\n(stopped after {} s)\n", limit.as_secs()));
    }
    Ok(Output {
        success: status.is_some_and(|status| status.success()),
        code: status.and_then(|status| status.code()),
        text,
    })
}

/// One more handle of the file; all share one position, so that no stream writes over another.
fn appending(sink: &File) -> Result<File> {
    sink.try_clone().context("cannot share a file")
}

/// What a command prints, without the space around it; an error if it fails.
pub fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8(output.stdout).context("output is not UTF-8")?.trim().to_owned())
}

/// Both streams of a command that has ended, one after the other.
pub fn text_of(output: &std::process::Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// Whether the person at the keyboard has pressed Ctrl-C. A command is the leader of a group of its own, so the
/// terminal's signal does not reach it.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Nothing is reported any more: the handler ends the program.
fn wait_for_the_end() -> ! {
    loop {
        std::thread::park();
    }
}

/// From now on Ctrl-C ends what runs, and then this program.
pub fn end_all_on_ctrl_c() -> Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        while RUNNING.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(TICK);
        }
        std::process::exit(130)
    })
    .context("cannot listen to Ctrl-C")
}

/// A command with all that it started.
struct Running {
    child: Box<dyn ChildWrapper>,
    grace: Duration,
}

impl Running {
    fn start(command: Command, grace: Duration) -> Result<Self> {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        if INTERRUPTED.load(Ordering::SeqCst) {
            RUNNING.fetch_sub(1, Ordering::SeqCst);
            wait_for_the_end();
        }
        let mut group = CommandWrap::from(command);
        #[cfg(unix)]
        group.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        group.wrap(process_wrap::std::JobObject);
        match group.spawn() {
            Ok(child) => Ok(Self { child, grace }),
            Err(error) => {
                RUNNING.fetch_sub(1, Ordering::SeqCst);
                Err(error.into())
            }
        }
    }

    /// How it ended; `None` if it did not within the limit, and was killed.
    fn wait(mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().context("cannot wait for a process")? {
                // What it left in the background would hold its ports and its output; mostly there is nothing.
                let _ = self.child.start_kill();
                return Ok(Some(status));
            }
            if INTERRUPTED.load(Ordering::SeqCst) {
                self.end()?;
                drop(self);
                wait_for_the_end();
            }
            if start.elapsed() > limit {
                self.end()?;
                return Ok(None);
            }
            std::thread::sleep(TICK);
        }
    }

    #[cfg(unix)]
    fn ask_to_end(&self) {
        const SIGTERM: i32 = 15;
        // It may have ended a moment ago.
        let _ = self.child.signal(SIGTERM);
    }

    #[cfg(windows)]
    fn ask_to_end(&self) {}

    /// Asks it to end, as a run of this program has commands of its own to end; then it is killed.
    fn end(&mut self) -> Result<()> {
        self.ask_to_end();
        let start = Instant::now();
        while start.elapsed() < self.grace && self.child.try_wait().context("cannot wait for a process")?.is_none() {
            std::thread::sleep(TICK);
        }
        let ended = self.child.try_wait().context("cannot wait for a process")?.is_some();
        match self.child.kill() {
            Err(_) if ended => Ok(()),
            killed => killed.context("cannot stop a process"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_hangs_is_stopped_with_all_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let alive = folder.path().join("alive");
        // The child of the shell would go on for a minute, and then say so.
        let script = format!("(sleep 60; touch {0:?}) & echo $! > {0:?}.pid; wait", alive);
        let start = Instant::now();
        let ended =
            run_within(Command::new("sh").args(["-c", &script]), Duration::from_millis(500)).expect("sh starts");
        assert!(!ended.success && ended.text.ends_with("(stopped after 0 s)\n"), "{}", ended.text);
        let pid = std::fs::read_to_string(alive.with_extension("pid")).expect("it was started");
        let there = || Command::new("kill").args(["-0", pid.trim()]).output().expect("kill starts");
        while there().status.success() {
            assert!(start.elapsed() < Duration::from_secs(30), "the child lives");
        }
    }

    #[test]
    fn what_a_command_leaves_in_the_background_ends_with_it() {
        let ended = run(Command::new("sh").args(["-c", "sleep 60 & echo $!"])).expect("sh starts");
        let start = Instant::now();
        let there = || Command::new("kill").args(["-0", ended.text.trim()]).output().expect("kill starts");
        while there().status.success() {
            assert!(start.elapsed() < Duration::from_secs(30), "the child lives");
        }
    }

    #[test]
    fn what_is_stopped_may_end_its_own_commands_first() {
        // As a run of this program does: its command leads another group, which no signal to the first one reaches.
        let script = "setsid sleep 60 & trap \"kill $!; echo ended it; exit 1\" TERM; echo $!; wait";
        let ended =
            run_within(Command::new("sh").args(["-c", script]), Duration::from_millis(500)).expect("sh starts");
        assert!(ended.text.contains("ended it"), "{}", ended.text);
    }

    #[test]
    fn both_streams_come_in_order() {
        let ended = run(Command::new("sh").args(["-c", "echo a; echo b >&2; echo c; exit 3"])).expect("sh starts");
        assert_eq!((ended.text.as_str(), ended.code), ("a\nb\nc\n", Some(3)));
    }
}
