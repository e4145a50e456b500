//! What came of an experiment.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::event::shown;
use crate::name::Name;
use crate::registry::{Cell, Rfc3339};
use crate::state::chaos::counted::Found;
use crate::time;

/// What came of an experiment. As text it is a few lines; [`markdown`](Self::markdown) makes a section of it, and with the feature
/// `serde` it can be serialized.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The name of the experiment.
    pub name: String,
    /// Whether its hypothesis held.
    pub outcome: Outcome,
    /// When it began, by the system's clock.
    pub began: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// How much each fault did, by its name.
    pub faults: Vec<(String, u64)>,
    /// What was measured.
    pub measurements: Vec<Measurement>,
}

/// Whether the hypothesis of an experiment held, and else why not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The steady state held before the faults, with them, and after them.
    Held,
    /// The steady state did not hold while the faults were on, or after them: the experiment has found something.
    Broken(String),
    /// The steady state did not even hold before, so no fault was started.
    NotSteady(String),
    /// It was ended before its time.
    Aborted(String),
}

impl Outcome {
    /// The outcome in one word: `"held"`, `"broken"`, `"not_steady"` or `"aborted"`.
    pub const fn as_str(&self) -> &'static str {
        self.found().as_str()
    }

    pub(super) const fn found(&self) -> Found {
        match self {
            Self::Held => Found::Held,
            Self::Broken(_) => Found::Broken,
            Self::NotSteady(_) => Found::NotSteady,
            Self::Aborted(_) => Found::Aborted,
        }
    }

    /// Why the hypothesis did not hold, if it did not.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Held => None,
            Self::Broken(why) | Self::NotSteady(why) | Self::Aborted(why) => Some(why),
        }
    }
}

/// `held`, or `broken: the orders are not answered`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str().replace('_', " "))?;
        self.why().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

/// A number that was read before, during and after the faults.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Measurement {
    /// What it is called.
    pub name: String,
    /// What it was before the faults.
    pub before: f64,
    /// The mean while they were on; `None` if they never were.
    pub during: Option<f64>,
    /// What it was after them.
    pub after: f64,
}

impl Report {
    /// Of a run that has done nothing yet, and is aborted unless it ends otherwise.
    pub(super) fn aborted(name: Name, why: &str) -> Self {
        Self {
            name: name.to_string(),
            outcome: Outcome::Aborted(why.to_owned()),
            began: time::wall_clock(),
            took: Duration::ZERO,
            faults: Vec::new(),
            measurements: Vec::new(),
        }
    }

    /// Makes a section of Markdown of it.
    pub fn markdown(&self) -> String {
        Markdown(self).to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, outcome, began, took, faults, measurements } = self;
        write!(f, "{name}: {outcome}\n  began {}, took {}", Rfc3339(*began), shown(*took))?;
        for (name, done) in faults {
            write!(f, "\n  {name}: {done}")?;
        }
        for measurement in measurements {
            let Measurement { name, before, after, .. } = measurement;
            write!(f, "\n  {name}: {before:.3} before, {} during, {after:.3} after", measurement.during())?;
        }
        Ok(())
    }
}

impl Measurement {
    fn during(&self) -> String {
        self.during.map_or("-".to_owned(), |during| format!("{during:.3}"))
    }
}

struct Markdown<'a>(&'a Report);

impl fmt::Display for Markdown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { name, outcome, began, took, faults, measurements } = self.0;
        writeln!(f, "## {}\n\nThe hypothesis: {}.\n", Cell(name), Cell(outcome))?;
        writeln!(f, "Began {}, took {}.\n\n| fault | done |\n|---|---|", Rfc3339(*began), shown(*took))?;
        for (name, done) in faults {
            writeln!(f, "| {} | {done} |", Cell(name))?;
        }
        if measurements.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n| measured | before | during | after |\n|---|---|---|---|")?;
        for measurement in measurements {
            let Measurement { name, before, after, .. } = measurement;
            writeln!(f, "| {} | {before:.3} | {} | {after:.3} |", Cell(name), measurement.during())?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
mod json {
    use serde::ser::{Serialize, SerializeStruct, Serializer};

    use super::{Measurement, Report, Rfc3339};

    impl Serialize for Report {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self { name, outcome, began, took, faults, measurements } = self;
            let mut report = serializer.serialize_struct("Report", 7)?;
            report.serialize_field("name", name)?;
            report.serialize_field("outcome", outcome.as_str())?;
            report.serialize_field("why", &outcome.why())?;
            report.serialize_field("began", &Rfc3339(*began).to_string())?;
            report.serialize_field("took", &took.as_secs_f64())?;
            report.serialize_field("faults", faults)?;
            report.serialize_field("measurements", measurements)?;
            report.end()
        }
    }

    impl Serialize for Measurement {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self { name, before, during, after } = self;
            let mut measurement = serializer.serialize_struct("Measurement", 4)?;
            measurement.serialize_field("name", name)?;
            measurement.serialize_field("before", before)?;
            measurement.serialize_field("during", during)?;
            measurement.serialize_field("after", after)?;
            measurement.end()
        }
    }
}
