//! The rows: each path a call can take, and what ours may cost on it.

use crate::http::Ask;
use crate::{BARE, BY_HAND};

/// A path of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Through a closed breaker.
    Closed(Window, Health),
    /// Through a throttle that rejects nothing.
    Throttled,
    /// Rejected by a breaker that opened.
    Open,
    /// Through a bulkhead with room.
    Room,
    /// Through a bulkhead with room, whose limit is found; a peer's is given.
    Found,
    /// Rejected by a full bulkhead.
    Full,
    /// Through a rate limit that has room.
    InRate,
    /// Rejected by a rate limit.
    OverRate,
    /// Through a timeout, the inner future ready at once.
    Ready,
    /// Through a timeout, the inner future pending once.
    PendingOnce,
    /// Through a retry that is not needed.
    Unneeded(Budget),
    /// Through a retry that is needed once, without delay.
    OneFailure(Budget, Failure),
    /// Through a hedge that is not taken.
    Hedged(After, First),
    /// Through a fallback that is not taken.
    NotTaken,
    /// Answered by the fallback.
    Taken,
    /// Through a measure.
    Measured,
    /// Through a coalesce, by a caller who is alone.
    Alone,
    /// Through chaos that is off.
    Unharmed,
    /// To one of so many replicas.
    OneOf(usize),
    /// Through all five, without the measure.
    Five,
    /// An HTTP call, through this for HTTP, to the end of the response's body.
    Http(Through, Ask),
    /// A frame of a response's body that is always ready, through this for HTTP.
    Frame(Through),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    Timeout,
    Breaker,
    Bulkhead,
    Retry,
    /// Timeout, retry, breaker, bulkhead, timeout.
    Five,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Consecutive,
    Count,
    Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Well,
    OneInHundred,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An error that takes no memory.
    Error,
    /// An error that takes memory.
    Sized,
    /// A response.
    Response,
}

/// When a hedge would be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// After a fixed time.
    Delay,
    /// After the time within which 95 % of the calls end.
    Quantile,
}

/// How the future of the first attempt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    Ready,
    PendingOnce,
}

/// What a call may cost in time.
#[derive(Clone, Copy, Debug)]
pub enum Cost {
    Nanos(f64),
    /// In shares of what tower's layer takes.
    OfTower(f64),
    /// In shares of what governor takes.
    OfGovernor(f64),
    /// In shares of what ours takes along the path [beside](crate::beside), and the words for that.
    OfBeside(f64, &'static str),
    Any,
}

/// What two threads must get done, over one thread.
#[derive(Clone, Copy, Debug)]
pub enum Scaling {
    AtLeast(f64),
    AsTower,
    /// As many calls as governor's two threads.
    AsGovernor,
    Unasked,
}

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub path: Path,
    /// What the costs are added to; `None` where they are those of the whole call.
    pub base: Option<usize>,
    pub cost: Cost,
    pub allocations: f64,
    pub scaling: Scaling,
}

/// All rows.
pub fn all() -> Vec<Row> {
    [closed(), limits(), retries(), hedges(), rest(), http(), http_copied(), frames()].concat()
}

fn row(name: &'static str, path: Path, cost: Cost) -> Row {
    Row { name, path, base: None, cost, allocations: 0.0, scaling: Scaling::Unasked }
}

impl Row {
    fn scaling(self, scaling: Scaling) -> Self {
        Self { scaling, ..self }
    }

    /// Counts what a call costs more than in this column.
    fn over(self, column: usize) -> Self {
        Self { base: Some(column), ..self }
    }

    fn allocations(self, allocations: f64) -> Self {
        Self { allocations, ..self }
    }
}

fn closed() -> Vec<Row> {
    use Cost::{Nanos, OfBeside};
    use Health::{OneInHundred, Well};
    use Path::{Closed, Open, Throttled};
    use Scaling::AtLeast;
    use Window::{Consecutive, Count, Time};
    vec![
        row("breaker closed, consecutive", Closed(Consecutive, Well), Nanos(20.0)).scaling(AtLeast(1.5)),
        row("breaker closed, count window", Closed(Count, Well), Nanos(20.0)).scaling(AtLeast(0.5)),
        row("breaker closed, time window", Closed(Time, Well), Nanos(45.0)).scaling(AtLeast(1.5)),
        row("throttle", Throttled, OfBeside(1.0, "time window")).scaling(AtLeast(1.5)),
        row(
            "breaker closed, consecutive, 1 in 100 failing",
            Closed(Consecutive, OneInHundred),
            OfBeside(1.3, "failing none"),
        )
        .scaling(AtLeast(1.2)),
        row(
            "breaker closed, count window, 1 in 100 failing",
            Closed(Count, OneInHundred),
            OfBeside(1.3, "failing none"),
        )
        .scaling(AtLeast(1.2)),
        row("breaker closed, time window, 1 in 100 failing", Closed(Time, OneInHundred), OfBeside(1.3, "failing none"))
            .scaling(AtLeast(1.2)),
        row("breaker open, rejecting", Open, Nanos(35.0)).scaling(AtLeast(1.5)),
    ]
}

fn limits() -> Vec<Row> {
    use Cost::{Nanos, OfGovernor, OfTower};
    use Path::{Found, Full, InRate, OverRate, PendingOnce, Ready, Room};
    vec![
        row("bulkhead, room", Room, Nanos(30.0)).scaling(Scaling::AsTower),
        row("bulkhead, adaptive, room", Found, Nanos(75.0)),
        row("bulkhead, full", Full, Nanos(12.0)),
        row("rate limit, passes", InRate, OfGovernor(1.0)).scaling(Scaling::AsGovernor),
        row("rate limit, rejecting", OverRate, OfGovernor(1.0)).scaling(Scaling::AsGovernor),
        row("timeout, inner ready", Ready, Nanos(15.0)),
        row("timeout, inner pending once", PendingOnce, OfTower(1.05)),
    ]
}

fn retries() -> Vec<Row> {
    use Budget::{Off, On};
    use Cost::{Any, Nanos};
    use Failure::{Error, Response, Sized};
    use Path::{OneFailure, Unneeded};
    vec![
        row("retry not needed, budget on", Unneeded(On), Nanos(25.0)),
        row("retry not needed, no budget", Unneeded(Off), Nanos(25.0)),
        row("retry, one failure, budget on", OneFailure(On, Error), Nanos(65.0)),
        row("retry, one failure, no budget", OneFailure(Off, Error), Nanos(65.0)),
        row("retry, one failure that is a response", OneFailure(On, Response), Nanos(65.0)),
        row("retry, one failure that is a sized error", OneFailure(On, Sized), Any).allocations(1.0),
    ]
}

/// By hand, the inner future is polled beside a timer and no more.
fn hedges() -> Vec<Row> {
    use After::{Delay, Quantile};
    use Cost::{Nanos, OfTower};
    use First::{PendingOnce, Ready};
    use Path::Hedged;
    vec![
        row("hedge not taken, inner ready", Hedged(Delay, Ready), Nanos(25.0)).over(BARE),
        row("hedge not taken, inner pending once", Hedged(Delay, PendingOnce), Nanos(25.0)).over(BY_HAND),
        row("hedge by quantile, inner ready", Hedged(Quantile, Ready), OfTower(1.0)),
        row("hedge by quantile, inner pending once", Hedged(Quantile, PendingOnce), OfTower(1.0)),
    ]
}

fn rest() -> Vec<Row> {
    use Cost::Nanos;
    use Path::{Alone, Five, Measured, NotTaken, OneOf, Taken, Unharmed};
    vec![
        row("fallback not taken", NotTaken, Nanos(6.0)),
        row("fallback taken", Taken, Nanos(10.0)),
        row("measure", Measured, Nanos(45.0)).over(BARE).scaling(Scaling::AtLeast(1.5)),
        row("coalesce, without company", Alone, Nanos(150.0)).over(BARE).allocations(2.0),
        row("chaos, off", Unharmed, Nanos(1.0)).over(BARE),
        row("replicas, one of 3", OneOf(3), Nanos(60.0)).over(BARE),
        row("replicas, one of 1,000", OneOf(1_000), Nanos(120.0)).over(BARE),
        row("five layers", Five, Nanos(115.0)).scaling(Scaling::AtLeast(0.7)),
    ]
}

const FULL_FIVE: Ask = Ask { full_head: true, ..Ask::FIVE };
const FULL_NOTHING: Ask = Ask { full_head: true, ..Ask::NOTHING };

/// The layers that copy no request.
fn http() -> Vec<Row> {
    use Cost::Nanos;
    use Path::Http;
    use Through::{Breaker, Bulkhead, Timeout};
    let rows = [
        row("http, timeout, 5 bytes", Http(Timeout, Ask::FIVE), Nanos(60.0)),
        row("http, timeout, no body", Http(Timeout, Ask::NOTHING), Nanos(60.0)),
        row("http, breaker, 5 bytes", Http(Breaker, Ask::FIVE), Nanos(80.0)),
        row("http, breaker, no body", Http(Breaker, Ask::NOTHING), Nanos(80.0)),
        row("http, bulkhead, 5 bytes", Http(Bulkhead, Ask::FIVE), Nanos(40.0)),
        row("http, bulkhead, no body", Http(Bulkhead, Ask::NOTHING), Nanos(40.0)),
    ];
    rows.map(|row| row.over(BARE)).to_vec()
}

/// Those that do: by hand, the head is copied and no more.
fn http_copied() -> Vec<Row> {
    use Cost::{Nanos, OfTower};
    use Path::Http;
    use Through::{Five, Retry};
    let rows = [
        row("http, retry, 5 bytes", Http(Retry, Ask::FIVE), Nanos(200.0)).allocations(2.0),
        row("http, retry, no body", Http(Retry, Ask::NOTHING), Nanos(120.0)),
        row("http, retry, 5 bytes, 8 headers", Http(Retry, FULL_FIVE), Nanos(200.0)).allocations(2.0),
        row("http, retry, no body, 8 headers", Http(Retry, FULL_NOTHING), Nanos(120.0)),
        row("http, five layers, 5 bytes", Http(Five, Ask::FIVE), OfTower(1.3)).allocations(2.0),
        row("http, five layers, no body", Http(Five, Ask::NOTHING), OfTower(1.3)),
        row("http, five layers, 5 bytes, 8 headers", Http(Five, FULL_FIVE), OfTower(1.3)).allocations(2.0),
        row("http, five layers, no body, 8 headers", Http(Five, FULL_NOTHING), OfTower(1.3)),
    ];
    rows.map(|row| row.over(BY_HAND)).to_vec()
}

fn frames() -> Vec<Row> {
    use Cost::Nanos;
    use Path::Frame;
    use Through::{Breaker, Bulkhead, Timeout};
    let rows = [
        row("http, a frame, timeout", Frame(Timeout), Nanos(10.0)),
        row("http, a frame, breaker", Frame(Breaker), Nanos(10.0)),
        row("http, a frame, bulkhead", Frame(Bulkhead), Nanos(10.0)),
    ];
    rows.map(|row| row.over(BARE)).to_vec()
}
