//! How a thing looks to one who watches it from outside.

use std::fmt;

/// What a [`Judge`] says of a thing. The better is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Judgement {
    /// It may be asked.
    Healthy,
    /// It may be asked where nothing healthy is left.
    Degraded,
    /// It is to be asked by the next call, to find out how it is. It refuses what is too much for that.
    OnTrial,
    /// It is not to be asked.
    Unhealthy,
}

impl Judgement {
    /// The judgement in one word: `"healthy"`, `"degraded"`, `"on_trial"` or `"unhealthy"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::OnTrial => "on_trial",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// How badly the thing is off, as a signal says it: 0, 0.5 or 1.
    pub(crate) const fn signal(self) -> f64 {
        match self {
            Self::Healthy => 0.0,
            Self::Degraded | Self::OnTrial => 0.5,
            Self::Unhealthy => 1.0,
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says whether a thing may be asked.
///
/// It is asked on the path of calls: it takes no lock and does not wait. Implemented by every `Fn() -> Judgement`.
pub trait Judge: Send + Sync + 'static {
    /// How the thing is now.
    fn judge(&self) -> Judgement;

    /// Why it is not healthy, for somebody who looks. Defaults to no reason.
    fn why(&self) -> Option<String> {
        None
    }
}

impl<F: Fn() -> Judgement + Send + Sync + 'static> Judge for F {
    fn judge(&self) -> Judgement {
        self()
    }
}
