//! What a scenario shows, as figures that must hold.

use std::fmt;

use serde::Deserialize;

use crate::legal::unless;
use crate::played::Played;

/// A figure of what a policy did, and what it may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    policy: String,
    figure: Figure,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Figure {
    /// The percentage of calls that got a response of the service.
    Good,
    /// The same for those of the last ten seconds: whether the service is well again.
    GoodAtEnd,
    /// The percentage that got a response or a fallback's answer.
    Answered,
    /// Calls that reached the service, for each call that arrived.
    Amplification,
    /// The mean time to recovery, in seconds; 0 where nothing was down.
    Mttr,
    /// In seconds.
    P99,
}

impl Claim {
    /// Refuses a claim that nothing can break.
    pub(crate) fn check(&self) -> Result<(), String> {
        let bounds = (self.at_least, self.at_most);
        unless(bounds != (None, None), "claim", bounds, "with `at_least` or `at_most`")
    }

    /// Whether it holds. It does not where nobody played this policy.
    pub(crate) fn holds(&self, played: &[Played]) -> bool {
        let figure = played.iter().find(|played| played.policy == self.policy).map(|played| self.figure.of(played));
        figure.is_some_and(|figure| {
            self.at_least.is_none_or(|least| figure >= least) && self.at_most.is_none_or(|most| figure <= most)
        })
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, figure, at_least, at_most } = self;
        write!(f, "{figure:?} of {policy}")?;
        at_least.map_or(Ok(()), |least| write!(f, ", at least {least}"))?;
        at_most.map_or(Ok(()), |most| write!(f, ", at most {most}"))
    }
}

impl Figure {
    #[expect(clippy::cast_precision_loss, reason = "a trace has fewer calls than an `f64` can count")]
    fn of(self, Played { totals, seconds, .. }: &Played) -> f64 {
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        match self {
            Self::Good => 100.0 * share(totals.good, totals.calls),
            Self::GoodAtEnd => {
                let with_calls: Vec<_> = seconds.iter().filter(|second| second.calls > 0).collect();
                let last = &with_calls[with_calls.len().saturating_sub(10)..];
                100.0 * share(last.iter().map(|second| second.good).sum(), last.iter().map(|second| second.calls).sum())
            }
            Self::Answered => 100.0 * share(totals.good + totals.degraded, totals.calls),
            Self::Amplification => share(totals.sent, totals.calls),
            Self::Mttr => totals.mttr.unwrap_or_default().as_secs_f64(),
            Self::P99 => totals.p99.as_secs_f64(),
        }
    }
}
