//! A circuit written down from its page: lists of results, and nothing clever.

mod acts;
mod agreement;
mod phases;
mod results;
mod streams;

use std::collections::VecDeque;

use crate::state::circuit::{Phase, Reason, Rules};
use crate::state::counts::Recorded;
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
                Window::Time(TimeWindow::new(Nanos(width * u64::from(buckets)), buckets, min_calls))
            }
        }
    }
}

/// A call in flight of the model.
#[derive(Clone, Copy, Debug)]
struct Flight {
    era: u32,
    started: u64,
    /// When it counts as a success, if it is marked as streaming.
    streams_until: Option<u64>,
}

/// A change of phase, as the pages have it: any rule that is reached may be the reason.
type Change = (Phase, Phase, Vec<Reason>, [u64; 3], Option<Nanos>);

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
    /// What is left of the open times: the next one first.
    steps: VecDeque<u64>,
    open_until: u64,
    probes: Vec<Recorded>,
    /// The probes that stream: the era of each, and when it counts as a success.
    streams: Vec<(u32, u64)>,
    in_flight: u32,
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
            steps: STEPS.into(),
            open_until: 0,
            probes: Vec::new(),
            streams: Vec::new(),
            in_flight: 0,
            moved: 0,
            rejected: 0,
            late: 0,
        }
    }
}
