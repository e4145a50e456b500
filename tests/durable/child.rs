//! Another process of this binary, which tells what it has done until it is killed.
//!
//! A role is an ignored test that does nothing but what a parent wants:
//!
//! ```ignore
//! #[test]
//! #[ignore = "a role: `Child` runs it"]
//! fn write_until_killed() {
//!     let Some(path) = child::subject() else { return };
//!     child::tell("opened");
//!     ...
//! }
//! ```

use std::env;
use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

/// The variable that holds what a role works on.
const SUBJECT: &str = "PALISADE_DURABLE_SUBJECT";
/// Begins each line that a role tells. The test runner writes lines too.
const TOLD: &str = "told: ";

/// A process that runs one role. It is killed at the latest when it is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    lines: BufReader<ChildStdout>,
}

impl Child {
    /// Runs a role, such as `store::kills::write_until_killed`, on a file or a folder.
    pub(crate) fn run(role: &str, subject: &Path) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args([role, "--exact", "--ignored", "--nocapture"])
            .env(SUBJECT, subject)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// Waits for the next line that the child tells. There is none once it has ended.
    pub(crate) fn hear(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            self.lines.read_line(&mut line).unwrap();
            // A line that has no end is no line: the child died while it wrote it.
            let line = line.strip_suffix('\n')?;
            if let Some((_, told)) = line.split_once(TOLD) {
                return Some(told.to_owned());
            }
        }
    }

    /// Kills the child this long after it has told so many lines. Returns all that it told before it died.
    pub(crate) fn kill_after(mut self, lines: usize, delay: Duration) -> Vec<String> {
        let mut told = Vec::new();
        while told.len() < lines {
            let Some(line) = self.hear() else { panic!("the child ended by itself after {} lines", told.len()) };
            told.push(line);
        }
        // The point at which it dies is drawn, so it is a time and no condition.
        thread::sleep(delay);
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        while let Some(line) = self.hear() {
            told.push(line);
        }
        told
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Tells the parent a line, at once and whole.
pub(crate) fn tell(line: impl Display) {
    let line = format!("{TOLD}{line}\n");
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
}

/// In a role: what it works on. There is none where no parent runs it.
pub(crate) fn subject() -> Option<PathBuf> {
    env::var_os(SUBJECT).map(PathBuf::from)
}

#[test]
#[ignore = "a role: `Child` runs it"]
fn count_until_killed() {
    let Some(_) = subject() else { return };
    for number in 0u64.. {
        tell(number);
    }
}

#[test]
fn every_line_that_a_killed_child_told_is_heard_in_order() {
    let told = Child::run("child::count_until_killed", Path::new("")).kill_after(100, Duration::from_micros(300));

    assert!(told.len() >= 100, "{} lines", told.len());
    assert!(told.iter().enumerate().all(|(number, line)| *line == number.to_string()));
}
