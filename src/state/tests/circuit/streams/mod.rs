//! Claims about calls whose responses stream; most of them are probes.

mod closed;
mod ends;
mod late;
mod lock_free;
mod moments;
mod progress;

use super::half_open;
use crate::outcome::Outcome::{self, Failed};
use crate::state::circuit::{Circuit, Entry, Phase, Reason, Rules, Transition};
use crate::time::Nanos;

/// When a probe of 1,000 counts as a success if it streams. Its time is over at 1,050.
const DUE: u64 = 1_025;
const RECOVERED: Option<(Phase, Phase, Reason)> = Some((Phase::HalfOpen, Phase::Closed, Reason::Recovered));

/// A probe that streams, and when it counts as a success.
type Stream = (Entry, Nanos);

impl Circuit {
    fn stream(&self, at: u64) -> Stream {
        self.streams(self.admit(at))
    }

    fn streams(&self, probe: Entry) -> Stream {
        assert!(self.mark_streaming(probe), "it is a probe");
        (probe, self.streams_until(probe))
    }

    fn look(&self, at: u64) -> Option<Transition> {
        self.catch_up(Nanos(at))
    }

    fn stop(&self, (entry, _): Stream, at: u64) -> (bool, Option<Transition>) {
        self.unmark(entry, Nanos(at))
    }

    /// Ends a stream as its guard does: it is recorded only if it was not counted.
    fn end_stream(&self, stream: Stream, outcome: Outcome, at: u64) -> Option<Transition> {
        let (uncounted, transition) = self.stop(stream, at);
        let ended = uncounted.then(|| self.end(stream.0, outcome, at)).flatten();
        assert!(transition.is_none() || ended.is_none(), "the end of one call makes one transition");
        transition.or(ended)
    }
}

/// A half-open circuit that one failure opens and five successes close, and its first probe, which streams since 1,000.
fn streaming(rules: Rules) -> (Circuit, Stream) {
    let (circuit, probe) = half_open(rules);
    let stream = circuit.streams(probe);
    (circuit, stream)
}

/// A half-open circuit for which the share of failures decides, and as many probes that stream since 1,000.
fn all_streaming<const N: usize>(rules: Rules) -> (Circuit, [Stream; N]) {
    let probes = u32::try_from(N).expect("they are few");
    let circuit = Circuit::of(Rules { probes, ..rules });
    (0..4).for_each(|_| _ = circuit.call(Failed, 0));
    let streams = [1_000; N].map(|at| circuit.stream(at));
    (circuit, streams)
}
