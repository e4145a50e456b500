//! What the log holds of a saga: one small record, which is replaced at each write.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version of this layout, 1 |
//! | 1 | 0 forward, 1 back |
//! | 8 | when it was written, in nanoseconds since 1970 |
//! | 8 | since when it is compensated or tried again; 0 where it is neither |
//! | 2 | how many steps there are |
//! | 3 and its name, for each step | how it stands, where it stands in the definition, the length of its name |
//! | 2, 2 and a text | the number of the step that failed first, the length of its error, and that; no text where none did |
//! | the rest | the context |
//!
//! Numbers are written with their highest byte first.

use super::definition::Definition;
use super::error::{Recorded, SagaError};
use crate::error::Error;
use crate::state::saga::{Course, Mark, Standing};
use crate::time::Nanos;

const VERSION: u8 = 1;

/// What the log holds of a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) standing: Standing,
    /// When it was written, by the system's clock since 1970.
    pub(super) at: Nanos,
    /// Since when it is compensated or tried again, by the same clock.
    pub(super) trying_since: Option<Nanos>,
    /// The step that failed first, and its error.
    pub(super) failure: Option<(usize, String)>,
    pub(super) context: Vec<u8>,
    /// Where the steps stand in the definition, and their names.
    pub(super) steps: Vec<(u8, String)>,
}

impl Record {
    pub(super) fn new(definition: &Definition, context: Vec<u8>) -> Self {
        let steps = definition.steps().map(|(place, name)| (place, name.to_owned())).collect();
        let standing = Standing::new(&definition.plan);
        Self { standing, at: Nanos(0), trying_since: None, failure: None, context, steps }
    }

    /// Whether it is of these steps.
    pub(super) fn is_of(&self, definition: &Definition) -> bool {
        self.steps.iter().map(|(place, name)| (*place, name.as_str())).eq(definition.steps())
    }

    pub(super) fn name(&self, step: usize) -> String {
        self.steps.get(step).map_or_else(String::new, |(_, name)| name.clone())
    }

    /// The steps that were compensated, in that order.
    pub(super) fn compensated(&self) -> Vec<String> {
        self.standing.compensated().map(|step| self.name(step)).collect()
    }

    /// The steps that may be done and are not undone.
    pub(super) fn uncompensated(&self) -> Vec<String> {
        self.standing.uncompensated().map(|step| self.name(step)).collect()
    }

    /// The error of a saga that has ended so.
    pub(super) fn into_error(self, error: Option<Error>) -> SagaError {
        let (compensated, uncompensated) = (self.compensated(), self.uncompensated());
        let failed_step = self.failure.as_ref().map_or_else(String::new, |(step, _)| self.name(*step));
        let recorded = || Error::Service(Box::new(Recorded(self.failure.map_or_else(String::new, |(_, text)| text))));
        SagaError::Failed { failed_step, error: error.unwrap_or_else(recorded), compensated, uncompensated }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, u8::from(self.standing.course == Course::Back)];
        bytes.extend(self.at.0.to_be_bytes());
        bytes.extend(self.trying_since.unwrap_or_default().0.to_be_bytes());
        bytes.extend(short(self.steps.len()));
        for (mark, (place, name)) in self.standing.marks.iter().zip(&self.steps) {
            // A name is at most 64 bytes long.
            bytes.extend([*mark as u8, *place, name.len().to_be_bytes()[size_of::<usize>() - 1]]);
            bytes.extend(name.as_bytes());
        }
        let (step, text) = self.failure.as_ref().map_or((usize::MAX, ""), |(step, text)| (*step, text));
        bytes.extend(short(step).into_iter().chain(short(text.len())));
        bytes.extend(text.as_bytes());
        bytes.extend(&self.context);
        bytes
    }

    /// # Errors
    ///
    /// Why the bytes cannot be read.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        match bytes.first() {
            Some(&VERSION) => Reader(&bytes[1..]).record().ok_or(Unreadable::Damaged),
            Some(&version) => Err(Unreadable::Version(version)),
            None => Err(Unreadable::Damaged),
        }
    }

    /// When a record was written; the beginning of time where it cannot be read.
    pub(super) fn written_at(bytes: &[u8]) -> Nanos {
        Self::decode(bytes).map_or(Nanos(0), |record| record.at)
    }
}

/// The lowest two bytes of a number; the highest that there are for one that needs more.
fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes()
}

/// Why the log has no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it has version {0}, and this one reads version {VERSION}")]
    Version(u8),
    #[error("it is damaged")]
    Damaged,
    #[error("it is of other steps: {0}")]
    OtherSteps(String),
    #[error("its context cannot be read: {0}")]
    Context(String),
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn record(mut self) -> Option<Record> {
        let course = match self.byte()? {
            0 => Course::Forward,
            1 => Course::Back,
            _ => return None,
        };
        let (at, since) = (self.long()?, self.long()?);
        let (mut marks, mut steps) = (Vec::new(), Vec::new());
        for _ in 0..self.short()? {
            marks.push(*Mark::ALL.get(usize::from(self.byte()?))?);
            let (place, length) = (self.byte()?, self.byte()?);
            steps.push((place, self.text(length.into())?));
        }
        let (step, length) = (usize::from(self.short()?), self.short()?);
        let text = self.text(length.into())?;
        Some(Record {
            standing: Standing { course, marks },
            at,
            trying_since: (since > Nanos(0)).then_some(since),
            failure: (step < steps.len()).then_some((step, text)),
            context: self.0.to_vec(),
            steps,
        })
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn long(&mut self) -> Option<Nanos> {
        Some(Nanos(u64::from_be_bytes(self.take(8)?.try_into().ok()?)))
    }

    fn text(&mut self, length: usize) -> Option<String> {
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }
}
