//! What the circuit says to one who watches the service, and makes no calls.

use crate::judge::Judgement;
use crate::state::circuit::{Circuit, Phase};
use crate::time::{Nanos, Now};

/// How long after its open time a circuit that has not closed still says that the service is in trouble.
const TRIAL: Nanos = Nanos(10_000_000_000);

impl Circuit {
    /// Whether the service may be asked. A circuit that lets every call pass reads no clock.
    ///
    /// An open circuit keeps calls away only while time is left: a call is what ends its open time.
    pub(crate) fn judgement(&self, clock: impl Now) -> Judgement {
        loop {
            let word = self.word();
            let judgement = match word.phase() {
                Phase::Closed | Phase::ForcedClosed | Phase::MetricsOnly => return Judgement::Healthy,
                Phase::ForcedOpen => return Judgement::Unhealthy,
                Phase::HalfOpen => return Judgement::OnTrial,
                Phase::Open if clock.now() < self.open_until() => Judgement::Unhealthy,
                Phase::Open => Judgement::OnTrial,
            };
            // A time belongs to the word that was read before it only if it still is that word after.
            if self.word() == word {
                return judgement;
            }
        }
    }

    /// Whether the service is in trouble: from the opening until the circuit closes, or until its [trial](TRIAL) is over.
    ///
    /// Only a call closes a circuit. If it said so for longer, nothing that switches calls off by it would ever switch them on.
    pub(crate) fn is_in_trouble(&self, clock: impl Now) -> bool {
        let now = clock.now();
        match self.judgement(now) {
            Judgement::Healthy | Judgement::Degraded => false,
            Judgement::OnTrial => now < self.open_until().saturating_add(TRIAL),
            Judgement::Unhealthy => true,
        }
    }
}
