//! Calls, as indicators ask for them.

/// What an objective asks of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Indicator {
    /// That they succeed.
    Availability,
    /// That those which succeed are fast enough.
    Latency,
}

impl Indicator {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Availability, Self::Latency];

    /// Its word, as events and metrics show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Latency => "latency",
        }
    }
}

/// A call that is asked. Each has a word of its own, in the stripes and in a [`Tally`](crate::state::tally::Tally).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// It did not succeed.
    Bad,
    /// It succeeded, too late.
    Slow,
    /// It succeeded in time.
    Fast,
}

impl Call {
    pub(crate) const ALL: [Self; 3] = [Self::Bad, Self::Slow, Self::Fast];

    /// The word of a tally that counts answers of fallbacks.
    pub(crate) const DEGRADED: usize = Self::ALL.len();
}

/// How many calls there were since the build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Totals([u64; Call::ALL.len()]);

impl Totals {
    pub(super) fn of(count: impl Fn(Call) -> u64) -> Self {
        Self(Call::ALL.map(count))
    }

    /// Those that came after these.
    pub(super) fn since(self, before: Self) -> Self {
        Self::of(|call| self.0[call as usize].wrapping_sub(before.0[call as usize]))
    }

    /// These and others.
    #[cfg(any(feature = "serde", test))]
    pub(super) fn and(self, others: Self) -> Self {
        Self::of(|call| self.0[call as usize].wrapping_add(others.0[call as usize]))
    }

    /// All of them; the largest number where they are more.
    #[cfg(feature = "serde")]
    pub(super) fn calls(self) -> u64 {
        self.0.into_iter().fold(0, u64::saturating_add)
    }

    pub(super) fn asked(self, indicator: Indicator) -> Asked {
        let Self([bad, slow, fast]) = self;
        match indicator {
            Indicator::Availability => Asked { calls: bad + slow + fast, bad },
            Indicator::Latency => Asked { calls: slow + fast, bad: slow },
        }
    }
}

/// Calls of a window that an indicator asks, and how many of them are bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) calls: u64,
    pub(crate) bad: u64,
}

impl Asked {
    /// The share of them that is good; `None` of none.
    #[expect(clippy::cast_precision_loss, reason = "who looks does not tell 2^53 from the next")]
    pub(crate) fn success_rate(self) -> Option<f64> {
        (self.calls > 0).then(|| (self.calls - self.bad) as f64 / self.calls as f64)
    }
}
