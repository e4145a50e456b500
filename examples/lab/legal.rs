//! How a setting that is not legal is told.

use std::fmt::Debug;

/// Refuses a value unless it is legal, and says what would be.
pub(crate) fn unless(is_legal: bool, setting: &str, value: impl Debug, legal: &str) -> Result<(), String> {
    if is_legal { Ok(()) } else { Err(format!("`{setting}` is {value:?}, and must be {legal}")) }
}
