//! The settings of a layer, as values.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::backoff::Backoff;

/// A setting of a layer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// The name of the method that sets it, or of that method's argument.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

impl Setting {
    pub(crate) fn new(name: &'static str, value: impl Into<Value>) -> Self {
        Self { name, value: value.into() }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.value)
    }
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// It is switched off.
    Off,
    /// It is switched on, and needs no value.
    On,
    /// A number of things.
    Count(u64),
    /// A share, of 1.
    Rate(f64),
    /// A span of time.
    Time(Duration),
    /// How a delay grows.
    Backoff(Backoff),
    /// Anything else, in words.
    Text(Cow<'static, str>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::On => f.write_str("on"),
            Self::Count(count) => count.fmt(f),
            Self::Rate(rate) => rate.fmt(f),
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Backoff(backoff) => backoff.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Off, T::into)
    }
}

/// A row for each type of setting, and the variant that holds it.
macro_rules! holds {
    ($($type:ty: |$value:ident| $held:expr;)+) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $held
            }
        }
    )+};
}

holds! {
    bool: |is_on| if is_on { Self::On } else { Self::Off };
    u32: |count| Self::Count(count.into());
    u64: |count| Self::Count(count);
    usize: |count| Self::Count(u64::try_from(count).unwrap_or(u64::MAX));
    f64: |rate| Self::Rate(rate);
    Duration: |time| Self::Time(time);
    Backoff: |backoff| Self::Backoff(backoff);
    &'static str: |text| Self::Text(text.into());
    String: |text| Self::Text(text.into());
}
