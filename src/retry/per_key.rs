//! Whose budget a call spends.

use std::fmt;
use std::hash::Hash;

use crate::call::budget::Budget;
use crate::state::keys::{CAPACITY, IDLE, Keys};
use crate::sync::Arc;
use crate::time::Clock;

/// Says whose budget the retries of a request spend.
///
/// Implemented by [`SharedBudget`] and [`BudgetPerKey`].
pub trait BudgetOf<Request> {
    /// Returns the budget of the request's key; `None` where the request spends the budget that all calls share.
    fn of(&self, request: &Request) -> Option<Budget>;
}

/// All calls spend one budget.
#[derive(Clone, Copy, Debug, Default)]
pub struct SharedBudget;

impl<Request> BudgetOf<Request> for SharedBudget {
    #[inline(always)]
    fn of(&self, _: &Request) -> Option<Budget> {
        None
    }
}

/// The calls of each key spend a budget of their own. Clones share the budgets.
///
/// Made by [`budget_per_key`](super::RetryBuilder::budget_per_key).
pub struct BudgetPerKey<K, By> {
    shared: Arc<Shared<K, By>>,
}

struct Shared<K, By> {
    by: By,
    /// What the budget of a key is made after.
    model: Budget,
    keys: Keys<K, Budget>,
    clock: Clock,
}

impl<K, By> BudgetPerKey<K, By> {
    pub(super) fn new(by: By, model: Budget) -> Self {
        let (keys, clock) = (Keys::new(CAPACITY, IDLE), Clock::start());
        Self { shared: Arc::new(Shared { by, model, keys, clock }) }
    }
}

impl<Request, K, By> BudgetOf<Request> for BudgetPerKey<K, By>
where
    By: Fn(&Request) -> K,
    K: Hash + Eq,
{
    fn of(&self, request: &Request) -> Option<Budget> {
        let Shared { by, model, keys, clock } = &*self.shared;
        keys.admit(by(request), clock.now(), |_| || model.of_key(*clock))
    }
}

impl<K, By> Clone for BudgetPerKey<K, By> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K, By> fmt::Debug for BudgetPerKey<K, By> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BudgetPerKey").field("keys", &self.shared.keys).finish_non_exhaustive()
    }
}
