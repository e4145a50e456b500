//! The name of a layer.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use parking_lot::Mutex;

use crate::error::ConfigError;

/// Every name that did not come as a literal, kept for the life of the process. The lock is not that of `sync`, because a static
/// needs a `const` constructor and no model checks this one.
static INTERNED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The name of a layer, which errors and events show.
///
/// Name a layer for what it protects: the service that it calls, never a user or a request. A name is copied for free. A literal
/// is used as it is. A `String` is kept for the life of the process, once for all names that are equal, so there should be few.
///
/// A circuit breaker and a retry take their name as the first argument of `builder`. A bulkhead, a timeout and a fallback have a
/// default. The builders of circuit breaker, retry and bulkhead, also per key, have a setter `name` that takes a `Name`; timeout and
/// fallback have it on the layer.
///
/// # Examples
///
/// ```
/// use palisade::{FallbackLayer, Name, RetryLayer};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let name = Name::new("payments")?;
/// let fallback = FallbackLayer::value("unknown").name(name);
/// let retry = RetryLayer::builder("payments").build()?;
///
/// let error = Name::new("").unwrap_err();
/// assert_eq!(error.to_string(), "`name` is \"\", but must be 1 to 64 bytes");
/// # drop((fallback, retry));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(&'static str);

impl Name {
    /// The length of the longest name, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Makes a name of 1 to 64 bytes.
    ///
    /// # Errors
    ///
    /// When the text is empty, or longer than [`Name::MAX_LEN`] bytes.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        let text = text.into();
        let is_legal = (1..=Self::MAX_LEN).contains(&text.len());
        ConfigError::unless(is_legal, "name", format_args!("{text:?}"), "1 to 64 bytes")?;
        Ok(match text {
            Cow::Borrowed(literal) => Self(literal),
            Cow::Owned(string) => Self(intern(string)),
        })
    }

    /// Returns the name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    pub(crate) const fn of(literal: &'static str) -> Self {
        Self(literal)
    }
}

fn intern(string: String) -> &'static str {
    let mut interned = INTERNED.lock();
    if let Some(known) = interned.get(string.as_str()) {
        return known;
    }
    let name: &'static str = Box::leak(string.into_boxed_str());
    interned.insert(name);
    name
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
