//! A body that began under an earlier generation neither decides nor frees anything in a later one.

use palisade::Phase;

use super::{
    calls::Streamed,
    server::At,
    stacks::{Http, over_http},
};
use crate::{
    inner::{
        Answer::{self, After},
        Inner,
    },
    stacks::{PLACES, PROBES, Stack},
    support::Down,
};

type Late = Vec<Box<dyn Ends>>;

/// What may become of a body that is late.
const ENDS: [fn(&mut Late); 2] = [|late| late.iter_mut().for_each(|call| call.end()), Vec::clear];

/// A call of any stack whose body is streaming.
trait Ends {
    fn end(&mut self);
}

impl<S: Http> Ends for Streamed<S> {
    fn end(&mut self) {
        self.poll_to_end();
    }
}

async fn streaming<S: Http + 'static>(stack: &Stack<S>, calls: usize) -> Late {
    let mut streaming: Late = Vec::new();
    for _ in 0..calls {
        let mut call = Streamed::begin(stack).await.unwrap();
        call.poll_to_body();
        assert!(!call.poll());
        streaming.push(Box::new(call));
    }
    streaming
}

const RESULTS: [Answer; 2] = [After(1, Ok(200)), After(1, Err(Down(1)))];

async fn a_late_body_is_told_and_not_counted<S: Http + 'static>(build: impl Fn(Inner, At) -> Stack<S>) {
    for result in RESULTS {
        let stack = build(Inner::default().answers([result]), At::Body);
        let circuit = stack.handles.circuit.clone().unwrap();
        let mut late = streaming(&stack, 1).await;
        circuit.reset();
        late[0].end();
        let snapshot = circuit.snapshot();
        assert_eq!((snapshot.counts.calls, snapshot.late), (0, 1), "{result:?}");
    }
}
over_http!(every circuit: a_late_body_is_told_and_not_counted);

async fn bodies_from_before_the_break_settle_no_probe<S: Http + 'static>(build: impl Fn(Inner, At) -> Stack<S>) {
    for (result, end) in RESULTS.into_iter().zip(ENDS).chain(RESULTS.into_iter().rev().zip(ENDS)) {
        let stack = build(Inner::default().answers([result; PLACES]), At::Body);
        let circuit = stack.handles.circuit.clone().unwrap();
        let mut late = streaming(&stack, PLACES).await;
        stack.handles.trip();
        let probes: Vec<_> = (0..PROBES).map(|_| circuit.try_enter().unwrap()).collect();
        end(&mut late);
        assert_eq!(circuit.phase(), Phase::HalfOpen, "{result:?}");
        assert!(circuit.try_enter().is_err(), "a straggler gave a place back: {result:?}");
        drop((probes, late));
        stack.handles.assert_at_rest();
    }
}
over_http!(every circuit: bodies_from_before_the_break_settle_no_probe);

async fn a_probes_body_of_one_period_settles_nothing_in_the_next<S: Http + 'static>(
    build: impl Fn(Inner, At) -> Stack<S>,
) {
    for (result, end) in RESULTS.into_iter().zip(ENDS).chain(RESULTS.into_iter().rev().zip(ENDS)) {
        let stack = build(Inner::default().answers([result; PROBES]), At::Body);
        let circuit = stack.handles.circuit.clone().unwrap();
        stack.handles.trip();
        let mut late = streaming(&stack, PROBES).await;
        stack.handles.trip();
        let probes: Vec<_> = (0..PROBES).map(|_| circuit.try_enter().unwrap()).collect();
        end(&mut late);
        assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::HalfOpen, 0), "{result:?}");
        assert!(circuit.try_enter().is_err(), "a probe of before gave a place back: {result:?}");
        drop((probes, late));
        stack.handles.assert_at_rest();
    }
}
over_http!(every circuit: a_probes_body_of_one_period_settles_nothing_in_the_next);

async fn a_late_body_leaves_a_forced_circuit_forced<S: Http + 'static>(build: impl Fn(Inner, At) -> Stack<S>) {
    for end in ENDS {
        let stack = build(Inner::default().answers([After(1, Ok(200))]), At::Body);
        let circuit = stack.handles.circuit.clone().unwrap();
        stack.handles.trip();
        let mut late = streaming(&stack, 1).await;
        circuit.force_open();
        end(&mut late);
        assert_eq!(circuit.phase(), Phase::ForcedOpen);
    }
}
over_http!(every circuit: a_late_body_leaves_a_forced_circuit_forced);

async fn bodies_from_before_a_resize_free_their_places_after_it<S: Http + 'static>(
    build: impl Fn(Inner, At) -> Stack<S>,
) {
    for (limit, end) in [0, 1, PLACES, usize::MAX].into_iter().zip(ENDS.into_iter().cycle()) {
        let stack = build(Inner::default().answers([After(1, Ok(200)); PLACES]), At::Body);
        let mut late = streaming(&stack, PLACES).await;
        for bulkhead in &stack.handles.bulkheads {
            bulkhead.resize(limit);
            assert_eq!(bulkhead.in_flight(), PLACES);
        }
        end(&mut late);
        stack.handles.assert_at_rest();
    }
}
over_http!(every bulkhead: bodies_from_before_a_resize_free_their_places_after_it);
