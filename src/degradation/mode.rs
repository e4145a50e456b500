//! A mode, and the signals by which it is entered and left.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::rung::{Read, Rung, Signal};
use crate::error::ConfigError;
use crate::name::Name;
use crate::state::degradation::Lines;

/// A mode of a [`Degradation`](super::Degradation), and when it is on.
///
/// Without signals it is put in force by hand only. A text is a mode with the default settings and without signals.
#[must_use]
pub struct Mode {
    name: Cow<'static, str>,
    enter_at: f64,
    leave_at: f64,
    enter_after: Duration,
    leave_after: Duration,
    signals: Vec<(Cow<'static, str>, Read)>,
}

impl Mode {
    /// Begins a mode with a name of 1 to 64 bytes, which is not `normal`.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            enter_at: 0.8,
            leave_at: 0.5,
            enter_after: Duration::from_secs(1),
            leave_after: Duration::from_secs(10),
            signals: Vec::new(),
        }
    }

    /// Enters the mode when one of its signals is at this value or above.
    ///
    /// In (0, 1]. Defaults to 0.8.
    pub fn enter_at(self, value: f64) -> Self {
        Self { enter_at: value, ..self }
    }

    /// Leaves the mode when all of its signals are at this value or below.
    ///
    /// In [0, 1], and less than [`enter_at`](Self::enter_at): a signal that swings around one of the two values does not switch the mode
    /// on and off. Defaults to 0.5.
    pub fn leave_at(self, value: f64) -> Self {
        Self { leave_at: value, ..self }
    }

    /// Enters the mode only when one signal has been [high](Self::enter_at) for this long.
    ///
    /// With zero one reading is enough. Raise it where short peaks are harmless. Defaults to 1 second.
    pub fn enter_after(self, time: Duration) -> Self {
        Self { enter_after: time, ..self }
    }

    /// Leaves the mode only when all signals have been [low](Self::leave_at) for this long.
    ///
    /// With zero one reading is enough. Raise it where the features that come back load again what was overloaded. Defaults to 10 seconds.
    pub fn leave_after(self, time: Duration) -> Self {
        Self { leave_after: time, ..self }
    }

    /// Adds a signal: a name of 1 to 64 bytes, which no other signal of the mode has, and a function.
    ///
    /// The function returns a number from 0 (all is well) to 1 (exhausted). A number below 0 counts as 0, one above 1 as 1, and NaN as 0.
    /// It is called where somebody asks for the mode, at most every 100 ms, so it must be quick. It may ask the degradation itself, but
    /// a function that holds the degradation keeps it alive for ever. Handles of layers make such a function by their method `signal`.
    /// Defaults to no signal.
    pub fn signal(
        mut self,
        name: impl Into<Cow<'static, str>>,
        signal: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.signals.push((name.into(), Box::new(signal)));
        self
    }

    /// The mode once it was checked.
    pub(super) fn checked(self) -> Result<Rung, ConfigError> {
        let name = name_of("mode", self.name)?;
        let Self { enter_at, leave_at, .. } = self;
        let of = |value: f64| format!("{value} for `{name}`");
        ConfigError::unless(enter_at > 0.0 && enter_at <= 1.0, "enter_at", of(enter_at), "in (0, 1]")?;
        let is_legal = (0.0..=1.0).contains(&leave_at) && leave_at < enter_at;
        ConfigError::unless(is_legal, "leave_at", of(leave_at), "in [0, 1], and less than `enter_at`")?;
        let lines =
            Lines { enter_at, leave_at, enter_after: self.enter_after.into(), leave_after: self.leave_after.into() };
        let mut signals: Vec<Signal> = Vec::new();
        for (text, read) in self.signals {
            let signal = name_of("signal", text)?;
            let is_new = signals.iter().all(|other| other.name != signal);
            let again = format_args!("`{signal}` again for `{name}`");
            ConfigError::unless(is_new, "signal", again, "of another name than the others of its mode")?;
            signals.push(Signal::new(signal, read));
        }
        Ok(Rung { name, lines, signals })
    }
}

/// A name that was given to this setting.
pub(super) fn name_of(setting: &'static str, text: Cow<'static, str>) -> Result<Name, ConfigError> {
    Name::new(text).map_err(|error| ConfigError::new(setting, error.value(), error.legal().to_owned()))
}

impl From<&'static str> for Mode {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Mode {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// A signal is shown by its name.
impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, enter_at, leave_at, enter_after, leave_after, signals } = self;
        let signals: Vec<_> = signals.iter().map(|(name, _)| name).collect();
        f.debug_struct("Mode")
            .field("name", name)
            .field("enter_at", enter_at)
            .field("leave_at", leave_at)
            .field("enter_after", enter_after)
            .field("leave_after", leave_after)
            .field("signals", &signals)
            .finish()
    }
}
