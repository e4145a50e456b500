//! What the circuit says to one who chooses between services.

use crate::judge::Judgement;
use crate::state::circuit::{Circuit, Phase};
use crate::time::Now;

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
}
