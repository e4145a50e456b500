//! Traces in files: a header, and a line for each call.
//!
//! The column `arrival` must be there. `latency`, how long the call took, and `outcome` may be there, and need not be filled in; other
//! columns are ignored. Times are in seconds. Commas, semicolons or tabs part the columns, as they do in the header.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use tower::BoxError;

use super::Arrival;
use super::line::Columns;

/// Longer ones are a mistake, most often another unit of time.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is done with a line that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BadLines {
    /// The trace is refused.
    #[default]
    Refused,
    /// The line is left out.
    Skipped,
}

/// The calls of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TraceFile {
    /// In the order of their arrivals. Time begins at the whole second of the first.
    pub(crate) arrivals: Vec<Arrival>,
    /// How many lines were skipped.
    pub(crate) skipped: u64,
    /// The first of them, with its number, and what is wrong with it.
    pub(crate) first_bad: Option<String>,
    /// How many calls stood after one that arrived later.
    pub(crate) disordered: usize,
}

impl TraceFile {
    pub(crate) fn open(path: &Path, bad_lines: BadLines) -> Result<Self, BoxError> {
        let file = File::open(path).map_err(BoxError::from);
        let read = file.and_then(|file| Self::read(BufReader::new(file), bad_lines));
        read.map_err(|error| format!("{}: {error}", path.display()).into())
    }

    pub(crate) fn read(mut input: impl BufRead, bad_lines: BadLines) -> Result<Self, BoxError> {
        let mut line = Vec::new();
        input.read_until(b'\n', &mut line)?;
        let columns = Columns::of(&line)?;
        let mut trace = Self::default();
        for number in 2_u64.. {
            line.clear();
            if input.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            match columns.arrival(&line) {
                Ok(arrival) => trace.arrivals.extend(arrival),
                Err(reason) => trace.skip(format!("line {number}: {reason}"), bad_lines)?,
            }
        }
        trace.sort();
        trace.begin_at_zero()?;
        Ok(trace)
    }

    fn skip(&mut self, bad: String, bad_lines: BadLines) -> Result<(), String> {
        if bad_lines == BadLines::Refused {
            return Err(bad);
        }
        self.skipped += 1;
        self.first_bad.get_or_insert(bad);
        Ok(())
    }

    fn sort(&mut self) {
        let mut latest = Duration::ZERO;
        for arrival in &self.arrivals {
            self.disordered += usize::from(arrival.at < latest);
            latest = latest.max(arrival.at);
        }
        if self.disordered > 0 {
            self.arrivals.sort_by_key(|arrival| arrival.at);
        }
    }

    fn begin_at_zero(&mut self) -> Result<(), String> {
        let begin = self.arrivals.first().map_or(0, |first| first.at.as_secs());
        for arrival in &mut self.arrivals {
            arrival.at -= Duration::from_secs(begin);
        }
        match self.arrivals.last() {
            Some(last) if last.at > LONGEST => Err(format!(
                "the last call arrives {} seconds after the first; a trace may last 7 days, and `arrival` is in seconds",
                last.at.as_secs()
            )),
            _ => Ok(()),
        }
    }
}

/// What a reader should know of it.
impl fmt::Display for TraceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls", self.arrivals.len())?;
        if let Some(first) = &self.first_bad {
            write!(f, "; skipped {} bad lines, the first is {first}", self.skipped)?;
        }
        if self.disordered > 0 {
            write!(f, "; sorted, because {} calls stood after one that arrived later", self.disordered)?;
        }
        Ok(())
    }
}
