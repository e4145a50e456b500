//! The label of an instance.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use parking_lot::Mutex;

use crate::ConfigError;

/// Every label that did not come as a literal, kept for the life of the process. No model checks it, and a static needs a
/// constructor that is `const`: so the lock is not `sync`'s.
static INTERNED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The label of an instance, shown in errors and events.
///
/// A literal is used as it is; a `String` is interned once for the life of the process, so use few: a label tells
/// *which dependency*, never which user or request. Copying one costs nothing.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let name = palisade::Name::new("payments")?;
/// assert_eq!(name.as_str(), "payments");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(&'static str);

impl Name {
    /// The longest label that is legal, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Makes a label of 1 to 64 bytes.
    ///
    /// # Errors
    ///
    /// When the label is empty or longer than [`Name::MAX_LEN`] bytes.
    pub fn new(label: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        let label = label.into();
        if label.is_empty() || label.len() > Self::MAX_LEN {
            return Err(ConfigError::new("name", format_args!("{label:?}"), "1 to 64 bytes"));
        }
        Ok(match label {
            Cow::Borrowed(literal) => Self(literal),
            Cow::Owned(string) => Self(intern(string)),
        })
    }

    /// The label as text.
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
    let label: &'static str = Box::leak(string.into_boxed_str());
    interned.insert(label);
    label
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
