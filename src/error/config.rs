//! The error of every builder.

use std::borrow::Cow;
use std::fmt;

/// Says which setting of a builder is not legal, what it was, and what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    layer: Option<&'static str>,
    name: Option<&'static str>,
    setting: &'static str,
    value: String,
    legal: Cow<'static, str>,
}

impl ConfigError {
    pub(crate) fn new(setting: &'static str, value: impl fmt::Display, legal: impl Into<Cow<'static, str>>) -> Self {
        Self { layer: None, name: None, setting, value: value.to_string(), legal: legal.into() }
    }

    /// Says that `value` must be `legal`, unless it is.
    pub(crate) fn unless(
        is_legal: bool,
        setting: &'static str,
        value: impl fmt::Display,
        legal: &'static str,
    ) -> Result<(), Self> {
        if is_legal { Ok(()) } else { Err(Self::new(setting, value, legal)) }
    }

    /// Says to which layer the setting belongs.
    pub(crate) fn of(self, layer: &'static str) -> Self {
        Self { layer: Some(layer), ..self }
    }

    /// Says to which instance the setting belongs.
    pub(crate) fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The setting, by the name of its method.
    pub const fn setting(&self) -> &'static str {
        self.setting
    }

    /// The value that it was given.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What would be legal.
    pub fn legal(&self) -> &str {
        &self.legal
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.layer, self.name) {
            (Some(layer), Some(name)) => write!(f, "{layer} `{name}`: ")?,
            (Some(layer), None) => write!(f, "{layer}: ")?,
            (None, _) => {}
        }
        write!(f, "`{}` is {}, but must be {}", self.setting, self.value, self.legal)
    }
}
