//! Modes by the signal of a circuit: they are entered soon, left when the service is well, and switch nothing off for ever.

use palisade::{CircuitBreakerLayer, CircuitHandle, Error, FeatureLayer, Phase, TimeoutLayer};
use tokio::time::sleep;
use tower::{Layer, ServiceBuilder, ServiceExt};

use super::*;
use crate::support::{Down, now, strict};

/// How a service takes calls.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Well,
    Fails,
    Hangs,
}

/// When a look was taken, and the mode and the phase then.
type Seen = (Duration, &'static str, Phase);

/// A search whose circuit is the signal of the mode `degraded`.
struct Search {
    state: Arc<parking_lot::Mutex<State>>,
    sent: Arc<AtomicUsize>,
    circuit: CircuitBreakerLayer,
    feature: FeatureLayer,
}

impl Search {
    /// In `degraded` the feature that it asks for is off: its own, or one that is not known, which never is.
    fn new(mode: Mode, feature: &str) -> Self {
        let circuit = CircuitBreakerLayer::builder("search").consecutive(5).seed(7).build().expect("it is legal");
        let mode = mode.signal("search", circuit.handle().signal());
        let degradation = shop().mode(mode).feature("search", "degraded").build().expect("it is legal");
        let feature = FeatureLayer::new(&degradation, feature);
        Self { state: Arc::new(parking_lot::Mutex::new(State::Well)), sent: Arc::default(), circuit, feature }
    }

    fn circuit(&self) -> CircuitHandle {
        self.circuit.handle()
    }

    /// Calls it this often for this long while it is so.
    async fn calls(&self, state: State, every: Duration, long: Duration) -> Vec<Seen> {
        *self.state.lock() = state;
        let (own, sent) = (Arc::clone(&self.state), Arc::clone(&self.sent));
        let server = strict(move |(): ()| {
            sent.fetch_add(1, Ordering::SeqCst);
            let state = *own.lock();
            async move {
                sleep(if state == State::Hangs { DAY } else { 20 * MILLI }).await;
                if state == State::Well { Ok(()) } else { Err(Down(1)) }
            }
        });
        let service = ServiceBuilder::new()
            .layer(self.feature.clone())
            .layer(self.circuit.clone())
            .service(TimeoutLayer::new(2 * SECOND).layer(server));
        let (start, mut seen) = (now(), Vec::new());
        while start.elapsed() < long {
            tokio::spawn(service.clone().oneshot(()));
            sleep(every).await;
            seen.push((start.elapsed(), self.feature.handle().mode(), self.circuit().phase()));
        }
        seen
    }
}

/// When the first of them was in this mode.
fn first(seen: &[Seen], is: impl Fn(&Seen) -> bool) -> Duration {
    seen.iter().find(|seen| is(seen)).map_or(Duration::MAX, |(at, ..)| *at)
}

const OFTEN: Duration = Duration::from_millis(50);

#[test]
fn a_mode_is_entered_soon_after_a_circuit_opened_and_stays() {
    for state in [State::Fails, State::Hangs] {
        paused(async {
            let search = Search::new(Mode::new("degraded"), "not known");
            let seen = search.calls(state, OFTEN, 300 * SECOND).await;
            let opened = first(&seen, |(.., phase)| *phase == Phase::Open);
            let entered = first(&seen, |(_, mode, _)| *mode == "degraded");
            assert!(entered <= opened + SECOND + 4 * OFTEN, "{state:?}: {opened:?}, {entered:?}");
            assert!(seen.iter().all(|(at, mode, _)| *mode == "degraded" || *at < entered), "{state:?}");
        });
    }
}

#[test]
fn a_mode_is_left_when_the_circuit_has_closed() {
    paused(async {
        let search = Search::new(Mode::new("degraded"), "not known");
        search.calls(State::Fails, OFTEN, 60 * SECOND).await;
        let seen = search.calls(State::Well, OFTEN, 60 * SECOND).await;
        let closed = first(&seen, |(.., phase)| *phase == Phase::Closed);
        let left = first(&seen, |(_, mode, _)| *mode == "normal");
        assert!(left <= closed + 10 * SECOND + 4 * OFTEN, "{closed:?}, {left:?}");
    });
}

#[test]
fn a_feature_off_by_its_own_circuit_comes_back() {
    for mode in [Mode::new, at_once] {
        for every in [OFTEN, 3 * SECOND, 60 * SECOND] {
            paused(async {
                let search = Search::new(mode("degraded"), "search");
                search.calls(State::Fails, every, 10 * every + 60 * SECOND).await;
                let seen = search.calls(State::Well, every, 20 * every + 60 * SECOND).await;
                let (_, mode, phase) = *seen.last().unwrap();
                assert_eq!((mode, phase), ("normal", Phase::Closed), "a call every {every:?}");
                let back = first(&seen, |(_, mode, _)| *mode == "normal");
                assert!(seen.iter().all(|(at, mode, _)| *at < back || *mode == "normal"), "and stays, {every:?}");
            });
        }
    }
}

#[test]
fn a_feature_off_by_its_own_circuit_spares_its_service() {
    paused(async {
        let search = Search::new(Mode::new("degraded"), "search");
        let seen = search.calls(State::Fails, OFTEN, 600 * SECOND).await;
        let off = seen.iter().filter(|(_, mode, _)| *mode == "degraded").count();
        assert!(off * 10 > seen.len() * 8, "it was off in {off} of {} looks", seen.len());
        assert!(search.sent.load(Ordering::SeqCst) > 10, "it was tried");
    });
}

#[test]
fn a_circuit_that_nobody_calls_is_no_trouble_after_a_while() {
    paused(async {
        let circuit = CircuitBreakerLayer::builder("search").consecutive(1).seed(7).build().unwrap().handle();
        let signal = circuit.signal();
        circuit.try_enter().unwrap().failure();
        let left = circuit.snapshot().retry_after.unwrap();
        advance(left + 9_999 * MILLI).await;
        assert_eq!((signal(), circuit.phase()), (1.0, Phase::Open));
        advance(MILLI).await;
        assert_eq!((signal(), circuit.phase()), (0.0, Phase::Open));
        let probe: Result<_, Error> = circuit.try_enter().map_err(Error::from);
        assert_eq!((signal(), circuit.phase()), (0.0, Phase::HalfOpen), "the trial makes no trouble");
        circuit.force_open();
        advance(1_000 * DAY).await;
        assert_eq!(signal(), 1.0, "it is open by hand");
        drop(probe);
    });
}
