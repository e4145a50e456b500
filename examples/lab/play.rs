//! Plays a trace against an upstream service under a policy, through the real layers, in virtual time.
//!
//! It runs on one thread with tokio's paused clock, which jumps to the next timer whenever nothing is left to do. So an hour takes as
//! long as its calls cost, and nothing depends on the machine.

use std::future::pending;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use palisade::{Budget, CircuitHandle, ConfigError, Error, Phase};
use parking_lot::Mutex;
use tokio::runtime;
use tokio::time::{Instant, sleep_until, timeout};
use tower::{BoxError, Service, ServiceExt, service_fn};

use crate::call::{Answer, Call};
use crate::played::{Played, Second};
use crate::policy::{Boxed, Policy, Stack};
use crate::record::Record;
use crate::trace::Trace;
use crate::upstream::Upstream;
use crate::upstream::state::{Fate, State};

/// What is played, whatever the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script<'a> {
    pub(crate) trace: &'a Trace,
    /// How long a caller waits.
    pub(crate) patience: Duration,
    pub(crate) upstream: &'a Upstream,
    /// All that is drawn is drawn from it.
    pub(crate) seed: u64,
}

impl Script<'_> {
    /// Plays it under a policy.
    ///
    /// # Errors
    ///
    /// When a setting of the policy is not legal.
    pub(crate) fn play(self, policy: &Policy) -> Result<Played, BoxError> {
        self.play_stack(&policy.name, |service| policy.build(self.seed, service))
    }

    /// Plays it under the layers that `build` puts around a service.
    pub(crate) fn play_stack(
        self,
        name: &str,
        build: impl FnOnce(Boxed) -> Result<Stack, ConfigError>,
    ) -> Result<Played, BoxError> {
        // Without the driver of sockets, which would ask the system each time before the clock jumps.
        let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let record = runtime.block_on(self.run(build))?;
        Ok(record.played(name.to_owned()))
    }

    async fn run(self, build: impl FnOnce(Boxed) -> Result<Stack, ConfigError>) -> Result<Record, BoxError> {
        let began = now();
        let state = Arc::new(Mutex::new(State::new(self.upstream, self.seed)));
        let record = Arc::new(Mutex::new(Record::default()));
        let mut stack = build(upstream(began, &state))?;
        record.lock().see(Duration::ZERO, stack.phase());
        let mut arrivals = self.trace.arrivals(self.seed).zip(0..).peekable();
        for second in 1.. {
            let end = Duration::from_secs(second);
            record.lock().begin_second();
            while let Some((arrival, number)) = arrivals.next_if(|(arrival, _)| arrival.at < end) {
                let at = whole_millis(arrival.at);
                until(began + at).await;
                record.lock().see(at, stack.phase());
                state.lock().hear(arrival.told);
                let arrived = record.lock().arrive();
                let call = stack.service.ready().await?.call(Call { number, at, told: arrival.told });
                let record = Arc::clone(&record);
                tokio::spawn(async move {
                    let answer = timeout(self.patience, call).await.ok().and_then(Result::ok);
                    record.lock().leave(arrived, answer, began.elapsed().saturating_sub(at));
                });
            }
            until(began + end).await;
            record.lock().see(end, stack.phase());
            record.lock().end_second(stack.seen(&mut state.lock(), end));
            if arrivals.peek().is_none() && end >= self.trace.lasts() && record.lock().is_at_rest() {
                break;
            }
        }
        let record = mem::take(&mut *record.lock());
        Ok(record)
    }
}

impl Stack {
    fn phase(&self) -> Option<Phase> {
        self.circuit.as_ref().map(CircuitHandle::phase)
    }

    /// How the service and the layers are now, and what reached the service since the last look.
    fn seen(&self, state: &mut State, now: Duration) -> Second {
        let available = self.budget.as_ref().map(Budget::available);
        Second {
            sent: mem::take(&mut state.sent),
            vain: mem::take(&mut state.vain),
            busy: state.busy(now) as u64,
            phase: self.phase(),
            budget: available.map(|tokens| u32::try_from(tokens).unwrap_or(u32::MAX).into()),
            limit: self.bulkhead.as_ref().map(|bulkhead| bulkhead.limit() as u64),
            ..Second::default()
        }
    }
}

/// The model as a service.
fn upstream(began: Instant, state: &Arc<Mutex<State>>) -> Boxed {
    let state = Arc::clone(state);
    Boxed::new(service_fn(move |call: Call| {
        let fate = state.lock().take(&call, began.elapsed());
        async move {
            let Fate::Ends(at, result) = fate else { return pending().await };
            // A time that no clock shows does not come.
            let Some(end) = began.checked_add(at) else { return pending().await };
            until(end).await;
            result.map_or_else(|failure| Err(Error::Service(failure.into())), |()| Ok(Answer::Good))
        }
    }))
}

/// Waits, unless the time has come: a timer that is due costs as much as any.
async fn until(time: Instant) {
    if time > now() {
        sleep_until(time).await;
    }
}

/// No timer is finer than a millisecond, so calls that arrive in the same one arrive together.
const fn whole_millis(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_millis() * 1_000_000)
}

#[expect(clippy::disallowed_methods, reason = "this clock is the lab's own")]
fn now() -> Instant {
    Instant::now()
}
