//! A circuit written down from its page: lists of results, and nothing clever.

mod acts;
mod agreement;
mod phases;
mod results;
mod streams;

use rand::rngs::SmallRng;

use crate::backoff::generator;
use crate::state::circuit::{Phase, Reason, Rules};
use crate::state::counts::Recorded;
use crate::state::tests::circuit::SEED;
use crate::state::window::{CountWindow, TimeWindow, Window};
use crate::time::Nanos;

/// What a window of the model holds.
#[derive(Clone, Copy, Debug)]
enum Span {
    None,
    Last(u32),
    Time(u64, u32),
}

impl Span {
    fn window(self, min_calls: u64) -> Window {
        match self {
            Self::None => Window::None,
            Self::Last(calls) => Window::Count(CountWindow::new(calls, min_calls)),
            Self::Time(width, buckets) => {
                Window::Time(TimeWindow::new(Nanos(width * u64::from(buckets)), buckets, min_calls, true))
            }
        }
    }
}

/// A call in flight of the model.
#[derive(Clone, Copy, Debug)]
struct Flight {
    era: u32,
    round: u32,
    /// When it was first polled.
    started: Option<u64>,
    /// When it counts as a success, if it is a probe that is marked as streaming.
    streams_until: Option<u64>,
    /// When it does, if it is a call of a closed circuit that streams.
    moment: Option<u64>,
}

/// A change of phase, as the pages have it.
type Change = (Phase, Phase, Reason, [u64; 4], Option<Nanos>);

/// What the page says of a circuit.
#[derive(Debug)]
struct Model {
    rules: Rules,
    span: Span,
    now: u64,
    phase: Phase,
    since: u64,
    era: u32,
    results: Vec<(u64, Recorded)>,
    run: u32,
    /// The step of the last open time, and how long that was.
    step: usize,
    open_for: u64,
    open_until: u64,
    probes: Vec<Recorded>,
    /// The probes that stream: the era of each, when it counts as a success, and its round.
    streams: Vec<(u32, u64, u32)>,
    /// The moments of the calls of a closed circuit that stream and are not counted yet.
    moments: Vec<u64>,
    /// Probes in flight that hold a place.
    holders: u32,
    /// How often probes gave up their places.
    round: u32,
    /// How often they did since the last answer.
    stuck: u32,
    /// Tosses a coin as the circuit does.
    rng: SmallRng,
    /// Probes abandoned since the last answer.
    abandoned: u32,
    /// When the time of the probes began, or began anew.
    moved: u64,
    rejected: u64,
    late: u64,
}

/// The open times of [`settings`], step by step.
const STEPS: [u64; 4] = [40, 80, 150, 150];

impl Model {
    fn new(rules: Rules, span: Span) -> Self {
        Self {
            rules,
            span,
            now: 0,
            phase: Phase::Closed,
            since: 0,
            era: 0,
            results: Vec::new(),
            run: 0,
            step: 0,
            open_for: 0,
            open_until: 0,
            probes: Vec::new(),
            streams: Vec::new(),
            moments: Vec::new(),
            holders: 0,
            round: 0,
            stuck: 0,
            rng: generator(Some(SEED)),
            abandoned: 0,
            moved: 0,
            rejected: 0,
            late: 0,
        }
    }
}
