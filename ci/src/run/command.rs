//! Runs commands as a reader's terminal would, with a time limit that ends all that they started.

use std::io::{Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use process_wrap::std::{ChildWrapper, CommandWrap};

/// No step of the guide takes this long; a cold build on a slow machine may.
pub const LIMIT: Duration = Duration::from_secs(900);

const TICK: Duration = Duration::from_millis(5);

/// How long what is asked to end may take for it. Windows has no way to ask.
pub const GRACE: Duration = Duration::from_secs(if cfg!(unix) { 2 } else { 0 });
/// The same of a run of this program, which first ends its own commands, each in a group of its own.
pub const GRACE_OF_GUIDE: Duration = Duration::from_secs(if cfg!(unix) { 10 } else { 0 });

/// Whether the person at the keyboard has pressed Ctrl-C. A command is the leader of a group of its own, so the
/// terminal's signal does not reach it.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Each command that runs holds a share of it.
static RUNNING: RwLock<()> = RwLock::new(());

/// How a command ended and everything it printed, in the order in which it came.
pub struct Output {
    pub success: bool,
    pub code: Option<i32>,
    pub text: String,
}

/// Runs the command with standard output and error in one stream, as a terminal shows them.
pub fn run(command: &mut Command) -> Result<Output> {
    run_within(command, LIMIT, GRACE)
}

/// The same, with a limit of the caller's: after it the command and all its descendants are ended.
pub fn run_within(command: &mut Command, limit: Duration, grace: Duration) -> Result<Output> {
    // All handles of the file share one position: neither stream writes over the other.
    let mut sink = tempfile::tempfile().context("cannot make a temporary file")?;
    let appending = || sink.try_clone().context("cannot share a file");
    command.stdin(Stdio::null()).stdout(appending()?).stderr(appending()?);
    // What is started owns the command; its file handles end with it.
    let status = status_within(std::mem::replace(command, Command::new("false")), limit, grace)?;
    let mut bytes = Vec::new();
    sink.rewind().and_then(|()| sink.read_to_end(&mut bytes)).context("cannot read the output")?;
    let mut text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    if status.is_none() {
        text.push_str(&format!("\n(stopped after {} s)\n", limit.as_secs()));
    }
    let code = status.and_then(|status| status.code());
    Ok(Output { success: code == Some(0), code, text })
}

/// How it ended; `None` if it did not within the limit, and was killed.
fn status_within(command: Command, limit: Duration, grace: Duration) -> Result<Option<ExitStatus>> {
    let running = RUNNING.read();
    let shown = format!("{command:?}");
    let mut group = CommandWrap::from(command);
    #[cfg(unix)]
    group.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    group.wrap(process_wrap::std::JobObject);
    let mut child = group.spawn().with_context(|| format!("cannot start {shown}"))?;
    let start = Instant::now();
    let interrupted = || INTERRUPTED.load(Ordering::SeqCst);
    let status = wait(&mut *child, || interrupted() || start.elapsed() > limit)?;
    if status.is_some() {
        // What it left in the background would hold its ports and its output; mostly there is nothing.
        let _ = child.start_kill();
        return Ok(status);
    }
    end(&mut *child, grace)?;
    if interrupted() {
        drop(running);
        // Nothing is reported any more: the handler of Ctrl-C ends the program.
        loop {
            std::thread::park();
        }
    }
    Ok(None)
}

/// How the child ended; `None` if it has not when it is to wait no more.
fn wait(child: &mut dyn ChildWrapper, no_more: impl Fn() -> bool) -> Result<Option<ExitStatus>> {
    loop {
        let status = child.try_wait().context("cannot wait for a process")?;
        if status.is_some() || no_more() {
            return Ok(status);
        }
        std::thread::sleep(TICK);
    }
}

/// Asks it to end, as a run of this program has commands of its own to end; then it is killed.
fn end(child: &mut dyn ChildWrapper, grace: Duration) -> Result<()> {
    #[cfg(unix)]
    {
        const SIGTERM: i32 = 15;
        // It may have ended a moment ago.
        let _ = child.signal(SIGTERM);
    }
    let start = Instant::now();
    let ended = wait(child, || start.elapsed() >= grace)?.is_some();
    match child.kill() {
        Err(_) if ended => Ok(()),
        killed => killed.context("cannot stop a process"),
    }
}

/// From now on Ctrl-C ends what runs, and then this program.
pub fn end_all_on_ctrl_c() -> Result<()> {
    let end_all = || {
        INTERRUPTED.store(true, Ordering::SeqCst);
        let _all_ended = RUNNING.write();
        std::process::exit(130)
    };
    ctrlc::set_handler(end_all).context("cannot listen to Ctrl-C")
}

/// What a command prints, without the space around it; an error if it fails.
pub fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed:\n{}", said.trim_end());
    Ok(String::from_utf8(output.stdout).context("output is not UTF-8")?.trim().to_owned())
}

/// Both streams of a command that has ended, one after the other.
pub fn text_of(output: &std::process::Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
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
        let ended = run_within(Command::new("sh").args(["-c", &script]), Duration::from_millis(500), GRACE)
            .expect("sh starts");
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
        let ended = run_within(Command::new("sh").args(["-c", script]), Duration::from_millis(500), GRACE)
            .expect("sh starts");
        assert!(ended.text.contains("ended it"), "{}", ended.text);
    }

    #[test]
    fn both_streams_come_in_order() {
        let ended = run(Command::new("sh").args(["-c", "echo a; echo b >&2; echo c; exit 3"])).expect("sh starts");
        assert_eq!((ended.text.as_str(), ended.code), ("a\nb\nc\n", Some(3)));
    }
}
