//! A letter as a store has it: two records, which follow each other.
//!
//! The first is the letter, and is never changed. The second is there once a replay has failed, or the letter is parked.
//!
//! ```text
//! number (8 bytes), 0  ->  version, id (16), attempts (4), first_at (8), last_at (8), how it failed (1), text, name, request
//! number (8 bytes), 1  ->  version, replays (4), whether it is parked (1)
//! ```
//!
//! Numbers are big-endian, times are microseconds since 1970, and before a text stands its length (2).

use std::time::{Duration, SystemTime};

use tower::BoxError;

use crate::context::DeadLetterId;
use crate::dead_letter::letter::{DeadLetter, Reason, beginning};
use crate::name::Name;

/// The newest version that is read, and the one that is written.
const VERSION: u8 = 1;

const LETTER: u8 = 0;
const MARK: u8 = 1;

pub(super) fn letter_key(number: u64) -> Vec<u8> {
    key(number, LETTER)
}

pub(super) fn mark_key(number: u64) -> Vec<u8> {
    key(number, MARK)
}

fn key(number: u64, tag: u8) -> Vec<u8> {
    [&number.to_be_bytes()[..], &[tag]].concat()
}

/// What a key is of.
pub(super) enum Of {
    Letter(u64),
    Mark(u64),
}

impl Of {
    /// `None` for a key that is not of this version. No queue counts as far as the last number, after which none is left for another letter.
    pub(super) fn key(key: &[u8]) -> Option<Self> {
        let (number, tag) = key.split_first_chunk()?;
        let number = Some(u64::from_be_bytes(*number)).filter(|number| *number < u64::MAX)?;
        match tag {
            [LETTER] => Some(Self::Letter(number)),
            [MARK] => Some(Self::Mark(number)),
            _ => None,
        }
    }
}

/// What has become of a letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) replays: u32,
    pub(super) is_parked: bool,
}

impl Mark {
    pub(super) fn encode(self) -> Vec<u8> {
        [&[VERSION][..], &self.replays.to_be_bytes(), &[u8::from(self.is_parked)]].concat()
    }

    /// One that cannot be read parks its letter.
    pub(super) fn decode(bytes: &[u8]) -> Self {
        match *bytes {
            [VERSION, a, b, c, d, parked] => Self { replays: u32::from_be_bytes([a, b, c, d]), is_parked: parked != 0 },
            _ => Self { replays: 0, is_parked: true },
        }
    }
}

pub(super) fn encode<Request>(letter: &DeadLetter<Request>, request: &[u8]) -> Vec<u8> {
    let (how, text) = match &letter.reason {
        Reason::Rejected(text) => (0, text),
        Reason::TimedOut(text) => (1, text),
        Reason::Failed(text) => (2, text),
    };
    let mut bytes = Vec::with_capacity(64 + text.len() + request.len());
    bytes.push(VERSION);
    bytes.extend(letter.id.0.to_be_bytes());
    bytes.extend(letter.attempts.to_be_bytes());
    bytes.extend(micros(letter.first_at).to_be_bytes());
    bytes.extend(micros(letter.last_at).to_be_bytes());
    bytes.push(how);
    // Whoever handed the letter on may have written a longer reason.
    for text in [beginning(text), letter.name.as_str()] {
        let length = u16::try_from(text.len()).expect("reasons and names are short");
        bytes.extend(length.to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend(request);
    bytes
}

/// The id of a letter whose request cannot be read, if that much can.
pub(super) fn id(bytes: &[u8]) -> Option<DeadLetterId> {
    let (_, rest) = bytes.split_first()?;
    Some(DeadLetterId(u128::from_be_bytes(*rest.first_chunk()?)))
}

/// The letter of a record. `decode` makes the request of its bytes.
pub(super) fn decode<Request>(
    bytes: &[u8],
    decode: impl FnOnce(&[u8]) -> Result<Request, BoxError>,
) -> Result<DeadLetter<Request>, BoxError> {
    if let Some(found) = bytes.first().filter(|version| **version != VERSION) {
        return Err(format!("a letter of version {found}, where this one reads {VERSION}").into());
    }
    let (letter, request) = head(bytes).ok_or("a damaged letter")?;
    let DeadLetter { id, reason, attempts, first_at, last_at, name, .. } = letter;
    Ok(DeadLetter { id, request: decode(request)?, reason, attempts, first_at, last_at, name })
}

/// All but the request, and the bytes of that.
fn head(bytes: &[u8]) -> Option<(DeadLetter<()>, &[u8])> {
    let mut rest = bytes.get(1..)?;
    let id = DeadLetterId(u128::from_be_bytes(*take(&mut rest)?));
    let attempts = u32::from_be_bytes(*take(&mut rest)?);
    let first_at = time(u64::from_be_bytes(*take(&mut rest)?))?;
    let last_at = time(u64::from_be_bytes(*take(&mut rest)?))?;
    let [how] = *take(&mut rest)?;
    let text = text(&mut rest)?.to_owned();
    let reason = match how {
        0 => Reason::Rejected(text),
        1 => Reason::TimedOut(text),
        2 => Reason::Failed(text),
        _ => return None,
    };
    let name = Name::new(self::text(&mut rest)?.to_owned()).ok()?;
    Some((DeadLetter { id, request: (), reason, attempts, first_at, last_at, name }, rest))
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(taken)
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = u16::from_be_bytes(*take(rest)?);
    let (text, left) = rest.split_at_checked(length.into())?;
    *rest = left;
    std::str::from_utf8(text).ok()
}

/// A time before 1970 counts as 1970.
fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn time(micros: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(micros))
}
