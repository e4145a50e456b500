//! The header `grpc-timeout`, as the [protocol] has it.
//!
//! [protocol]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Code;
use super::failure::is_of_deadline;
use crate::error::Error;
use crate::http::deadline::{DeadlineHeader, DeadlineLayer};
use crate::http::digits;

const MOST_DIGITS: usize = 8;
const MOST: u128 = 99_999_999;

/// The units, finest first, and their nanoseconds.
const UNITS: [(u8, u64); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    (b'H', 3_600_000_000_000),
];

pub(super) const TIMEOUT: DeadlineHeader = DeadlineHeader {
    name: HeaderName::from_static("grpc-timeout"),
    read,
    unit: Duration::from_nanos(1),
    write,
    is_end,
};

impl DeadlineLayer {
    /// Reads and writes `grpc-timeout`, in the finest unit that its eight digits can hold.
    pub const fn grpc() -> Self {
        Self::of(TIMEOUT)
    }
}

fn read(value: &[u8]) -> Option<Duration> {
    let (unit, number) = value.split_last()?;
    let (_, nanos) = UNITS.iter().find(|(name, _)| name == unit)?;
    let number = if number.len() <= MOST_DIGITS { digits(number)? } else { return None };
    Some(Duration::from_nanos(*nanos).saturating_mul(u32::try_from(number).ok()?))
}

fn write(left: Duration) -> HeaderValue {
    let left = left.as_nanos();
    let fits =
        |&(unit, nanos): &(u8, u64)| Some((unit, left / u128::from(nanos))).filter(|(_, number)| *number <= MOST);
    let (unit, number) = UNITS.iter().find_map(fits).unwrap_or((b'H', MOST));
    HeaderValue::try_from(format!("{number}{}", char::from(unit))).expect("digits and a unit are legal")
}

/// tonic's clients and servers end calls by the header themselves.
fn is_end(result: Result<&HeaderMap, &Error>) -> bool {
    result.map_or_else(is_of_deadline, Code::is_of_deadline)
}
