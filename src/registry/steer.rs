//! Steers what is listed, for somebody who has no handle of it.

use super::instance::Instance;
use super::list::Registry;
use super::order::{Order, SteerError, Target};
use crate::event::Action;
use crate::source::Kind;

/// The most instances that an error names.
const NAMED: usize = 20;

impl Registry {
    /// Does something by hand to all instances of the target, and returns how many there were. `by` says who does it.
    ///
    /// Each of them tells an event [`Steered`](crate::event::Event::Steered) with the first 200 characters of `by`, and then what the
    /// action changes.
    ///
    /// # Errors
    ///
    /// When nothing that is meant is listed, its kind does not take the action, or the value of the action is not legal. Then nothing
    /// was changed. The error says what would be legal.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{Action, CircuitBreakerLayer, Phase, Registry, Target};
    /// use palisade::event::Kind;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let registry = Registry::new();
    /// let circuit = CircuitBreakerLayer::builder("payments").registry(&registry).build()?.handle();
    ///
    /// let payments = Target::new(Kind::CircuitBreaker, "payments");
    /// registry.steer(&payments, &Action::ForceOpen, "ann, because of the migration")?;
    /// assert_eq!(circuit.phase(), Phase::ForcedOpen);
    ///
    /// let error = registry.steer(&payments, &Action::Drain, "ann").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "circuit breaker does not take drain; it takes force_open, force_closed, metrics_only, reset",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub fn steer(&self, target: &Target<'_>, action: &Action, by: &str) -> Result<usize, SteerError> {
        let (kind, legal) = (target.kind(), Action::words_of(target.kind()));
        if !legal.contains(&action.as_str()) {
            let legal = if legal.is_empty() { "nothing".to_owned() } else { legal.join(", ") };
            return Err(SteerError::NotTaken { kind, action: action.as_str(), legal });
        }
        let order = Order::new(target, action, by);
        let used = self.used();
        used.iter().try_for_each(|instance| instance.check(&order))?;
        let steered = used.iter().map(|instance| instance.steer(&order)).sum::<Result<_, _>>()?;
        if steered == 0 { Err(self.not_steered(target)) } else { Ok(steered) }
    }

    /// Why nothing was steered.
    fn not_steered(&self, target: &Target<'_>) -> SteerError {
        let mut instances = self.instances();
        instances.retain(|instance| instance.kind == target.kind());
        let is_one_of_several = target.kind() == Kind::Replicas && !target.has_key();
        if is_one_of_several && instances.iter().any(|instance| instance.name.as_str() == target.name()) {
            instances.retain(|instance| instance.name.as_str() == target.name() && instance.key.is_some());
            return SteerError::NeedsKey { target: target.to_string(), there: list(&instances) };
        }
        SteerError::NotListed { target: target.to_string(), there: list(&instances) }
    }
}

/// The first of them, as targets.
fn list(instances: &[Instance]) -> String {
    let target = |instance: &Instance| {
        let all = Target::new(instance.kind, instance.name.as_str());
        instance.key.as_deref().map_or(all, |key| all.key(key)).to_string()
    };
    let list: Vec<_> = instances.iter().take(NAMED).map(target).collect();
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}
