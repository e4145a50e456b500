//! What is written down while a trace is played.

use std::time::Duration;

use palisade::Phase;

use crate::call::Answer;
use crate::played::{Played, Second, Totals, open, percentile};

/// The figures so far.
#[derive(Debug, Default)]
pub(crate) struct Record {
    seconds: Vec<Second>,
    /// For each second, how long the calls took that arrived in it and were answered, in milliseconds: no timer is finer.
    latencies: Vec<Vec<u32>>,
    phases: Vec<(Duration, Phase)>,
    in_flight: u64,
}

/// A call that is in flight: the second in which it arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived(usize);

impl Record {
    pub(crate) fn begin_second(&mut self) {
        self.seconds.push(Second::default());
        self.latencies.push(Vec::new());
    }

    /// Ends a second. `seen` is how the service and the layers are at its end.
    pub(crate) fn end_second(&mut self, seen: Second) {
        if let Some(last) = self.seconds.last_mut() {
            let Second { calls, good, degraded, failed, .. } = *last;
            *last = Second { calls, good, degraded, failed, ..seen };
        }
    }

    /// Whether all calls have ended.
    pub(crate) const fn is_at_rest(&self) -> bool {
        self.in_flight == 0
    }

    pub(crate) fn see(&mut self, at: Duration, phase: Option<Phase>) {
        let last = self.phases.last().map(|(_, phase)| *phase);
        self.phases.extend(phase.filter(|_| phase != last).map(|phase| (at, phase)));
    }

    pub(crate) fn arrive(&mut self) -> Arrived {
        self.in_flight += 1;
        let last = self.seconds.len() - 1;
        self.seconds[last].calls += 1;
        Arrived(last)
    }

    pub(crate) fn leave(&mut self, Arrived(second): Arrived, answer: Option<Answer>, took: Duration) {
        self.in_flight -= 1;
        let count = &mut self.seconds[second];
        match answer {
            Some(Answer::Good) => count.good += 1,
            Some(Answer::Degraded) => count.degraded += 1,
            None => count.failed += 1,
        }
        if answer.is_some() {
            self.latencies[second].push(u32::try_from(took.as_millis()).unwrap_or(u32::MAX));
        }
    }

    /// What became of it all.
    pub(crate) fn played(self, policy: String) -> Played {
        let Self { mut seconds, mut latencies, phases, .. } = self;
        for (second, latencies) in seconds.iter_mut().zip(&mut latencies) {
            latencies.sort_unstable();
            (second.p50, second.p99) = (percentile(50, latencies), percentile(99, latencies));
        }
        let mut all = latencies.concat();
        all.sort_unstable();
        let totals = Totals {
            p50: percentile(50, &all),
            p99: percentile(99, &all),
            open: open(&phases, Duration::from_secs(seconds.len() as u64)),
            ..Totals::of(&seconds)
        };
        Played { policy, totals, seconds, phases }
    }
}
