//! Claims about what retries may spend.

mod classes;
mod deposits;
mod give_back;
mod model;
mod restored;
mod retention;
mod threads;
mod time;

use crate::state::budget::Tokens;
use crate::state::criticality::Criticality;
use crate::time::Nanos;

const START: Nanos = Nanos(0);
const SECOND: u64 = 1_000_000_000;

/// What a critical call does.
impl Tokens {
    fn withdraw(&self, now: Nanos) -> bool {
        self.withdraw_as(Criticality::Critical, now)
    }
}

/// Takes all there are, and tells how many that was.
fn drain(tokens: &Tokens, now: Nanos) -> u64 {
    std::iter::repeat_with(|| tokens.withdraw(now)).take_while(|taken| *taken).map(u64::from).sum()
}

fn empty(capacity: u32, per_call: f64, per_second: f64) -> Tokens {
    let tokens = Tokens::new(capacity, per_call, per_second);
    assert_eq!(drain(&tokens, START), u64::from(capacity));
    tokens
}

fn deposit(tokens: &Tokens, times: usize) {
    (0..times).for_each(|_| tokens.deposit());
}
