//! Claims against a model that remembers all that was read.

use std::task::Poll;

use http::HeaderMap;
use http_body::{Body, SizeHint};
use palisade::http::ReplayBody;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::bodies::{Scripted, Step, poll, trailers};

/// How a body ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Silent,
    Told,
    Trailers,
    Error,
}

/// What is done with an attempt but the last, which is sent to its end.
#[derive(Clone, Copy, Debug)]
struct Plan {
    polls: usize,
    is_reclaimed: bool,
    is_kept_alive: bool,
}

#[derive(Clone, Debug)]
struct Case {
    frames: Vec<Option<Vec<u8>>>,
    end: End,
    hint: SizeHint,
    cap: usize,
    plans: Vec<Plan>,
}

fn case() -> impl Strategy<Value = Case> {
    let frame = prop_oneof![1 => Just(None), 1 => Just(Some(vec![])), 6 => vec(any::<u8>(), 1..40).prop_map(Some)];
    let end =
        prop_oneof![3 => Just(End::Silent), 2 => Just(End::Told), 3 => Just(End::Trailers), 1 => Just(End::Error)];
    let plan = (0..14_usize, any::<bool>(), any::<bool>()).prop_map(|(polls, is_reclaimed, is_kept_alive)| Plan {
        polls,
        is_reclaimed,
        is_kept_alive,
    });
    (vec(frame, 0..10), end, hint(), 0..300_usize, vec(plan, 0..4)).prop_map(|(frames, end, hint, cap, plans)| Case {
        frames,
        end,
        hint,
        cap,
        plans,
    })
}

/// Mostly a lie.
fn hint() -> impl Strategy<Value = SizeHint> {
    let bound = || prop_oneof![0..300_u64, u64::MAX - 300..=u64::MAX];
    (bound(), proptest::option::of(bound())).prop_map(|(lower, upper)| {
        let mut hint = SizeHint::new();
        hint.set_lower(upper.map_or(lower, |upper| upper.min(lower)));
        if let Some(upper) = upper {
            hint.set_upper(upper);
        }
        hint
    })
}

/// What is known of the source without its copy.
struct Model {
    whole: Vec<u8>,
    end: End,
    /// The length that every attempt tells.
    told: Option<u64>,
    cap: usize,
    /// How many bytes were read.
    read: usize,
    has_ended: bool,
    has_failed: bool,
}

impl Model {
    fn new(case: &Case) -> Self {
        let whole = case.frames.iter().flatten().flatten().copied().collect();
        Self {
            whole,
            end: case.end,
            told: case.hint.exact(),
            cap: case.cap,
            read: 0,
            has_ended: false,
            has_failed: false,
        }
    }

    const fn can_replay(&self) -> bool {
        self.read <= self.cap && !self.has_failed
    }

    fn trailers(&self) -> Option<HeaderMap> {
        matches!(self.end, End::Trailers).then(trailers)
    }

    /// Polls an attempt so often, and compares each frame.
    fn follow(&mut self, attempt: &mut ReplayBody<Scripted>, polls: usize) {
        let (mut sent, mut seen_trailers) = (0, None);
        for _ in 0..polls {
            let (hint, was_at_end) = (attempt.size_hint(), attempt.is_end_stream());
            if self.has_ended && self.told.is_none() && matches!(self.end, End::Silent | End::Told) {
                assert_eq!(hint.exact(), Some((self.whole.len() - sent) as u64));
            }
            let polled = poll(attempt);
            assert!(!was_at_end || matches!(polled, Poll::Ready(None)), "{polled:?} at its end");
            match polled {
                Poll::Pending => {}
                Poll::Ready(None) => {
                    assert_eq!((sent, seen_trailers), (self.whole.len(), self.trailers()));
                    self.has_ended = true;
                    return;
                }
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        assert!(self.whole[sent..].starts_with(&data), "{data:?} at {sent}");
                        sent += data.len();
                        self.read = self.read.max(sent);
                    }
                    Err(frame) => seen_trailers = frame.into_trailers().ok(),
                },
                Poll::Ready(Some(Err(error))) => {
                    assert!(matches!(self.end, End::Error) && sent == self.whole.len(), "{error} at {sent}");
                    self.has_failed = true;
                    return;
                }
            }
        }
    }
}

fn body_of(case: &Case) -> ReplayBody<Scripted> {
    let frames = case.frames.iter().cloned().map(|frame| frame.map_or(Step::Pending, Step::data));
    let last = match case.end {
        End::Silent | End::Told => None,
        End::Trailers => Some(Step::Trailers(trailers())),
        End::Error => Some(Step::Error),
    };
    let body = Scripted::new(frames.chain(last)).hinting(case.hint);
    ReplayBody::new(if matches!(case.end, End::Told) { body.telling_its_end() } else { body }, case.cap)
}

/// An attempt that lost the source has sent all, or fails.
fn gives_no_data(attempt: &mut ReplayBody<Scripted>) -> bool {
    let was_at_end = attempt.is_end_stream();
    match poll(attempt) {
        Poll::Ready(None) => true,
        Poll::Ready(Some(Err(_))) => !was_at_end,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_attempt_that_can_be_sent_sends_the_whole(case in case()) {
        let mut model = Model::new(&case);
        let mut next = body_of(&case);
        let mut earlier = vec![];
        let last = Plan { polls: 100, is_reclaimed: true, is_kept_alive: false };
        for (number, plan) in case.plans.iter().chain([&last]).enumerate() {
            let mut attempt = next;
            next = attempt.clone();
            if plan.is_reclaimed && number > 0 {
                prop_assert_eq!(attempt.reclaim(), model.can_replay());
            }
            if !model.can_replay() {
                let polled = poll(&mut attempt);
                prop_assert!(matches!(polled, Poll::Ready(Some(Err(_)))), "{:?}", polled);
                break;
            }
            model.follow(&mut attempt, plan.polls);
            if plan.polls > 0 {
                prop_assert!(earlier.iter_mut().all(gives_no_data));
            }
            if plan.is_kept_alive {
                earlier.push(attempt);
            }
        }
    }
}
