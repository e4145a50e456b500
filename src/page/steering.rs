//! What a request to steer says, and what becomes of it.

use super::refusal::Refusal;
use super::reply::Reply;
use super::service::Page;

/// The most bytes that a request to steer may have.
pub(super) const LONGEST: usize = 4096;

/// The most characters of who steers.
pub(super) const LONGEST_WHO: usize = 200;

pub(super) fn steer(_page: &Page, _read: &[u8], _by: &str) -> Reply {
    Refusal::Malformed("Steering is not here yet.").respond()
}
