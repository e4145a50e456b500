//! Hedging beside a naive model, which keeps a list of what happened.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// What happened in a call, the latest last.
#[derive(Debug, Default)]
struct Story {
    /// When attempts started; the first is not of them.
    starts: Vec<u64>,
    ends: Vec<(End, u64)>,
    is_stopped: bool,
}

impl Story {
    fn in_flight(&self) -> usize {
        1 + self.starts.len() - self.ends.len()
    }

    fn may_start(&self, max: usize) -> bool {
        let stops = |end: &End| !matches!(end, End::Result(Outcome::Transient));
        self.starts.len() < max && !self.is_stopped && !self.ends.iter().any(|(end, _)| stops(end))
    }

    /// A delay after the last start, or at a failure since then.
    fn due(&self, began: u64, delay: u64) -> u64 {
        let last = self.starts.last().copied();
        let failed = self.ends.iter().filter(|(_, at)| last.is_none_or(|last| *at >= last)).map(|(_, at)| *at).min();
        let regular = last.unwrap_or(began).saturating_add(delay);
        failed.unwrap_or(regular).min(regular)
    }

    fn next(&self, max: usize, began: u64, delay: u64, now: u64) -> Next {
        match (self.may_start(max), self.in_flight()) {
            (false, 0) => Next::Fail,
            (false, _) => Next::Wait,
            _ if self.due(began, delay) <= now => Next::Start,
            _ => Next::WaitUntil(Nanos(self.due(began, delay))),
        }
    }
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Result(Outcome::Transient)),
        1 => Just(End::Result(Outcome::Throttled { retry_after: None })),
        1 => Just(End::Unsent),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// In each step time passes, an attempt in flight may end, and a hedge that is due starts or is forbidden.
    #[test]
    fn a_call_does_what_its_story_says(
        (max, delay, began) in (0_u32..5, 0_u64..20, 0_u64..20),
        steps in vec((1_u64..15, proptest::option::of(ends()), proptest::bool::weighted(0.9)), 1..30),
    ) {
        let mut call = Hedging::new(max, &Delay::Fixed(Nanos(delay)), Some(Nanos(began)), Nanos(began + 1));
        let (mut story, mut now) = (Story::default(), began);
        for (pause, end, is_allowed) in steps {
            now += pause;
            if let Some(end) = end.filter(|_| story.in_flight() > 0) {
                call.end(end, Nanos(now));
                story.ends.push((end, now));
            }
            let next = story.next(max as usize, began, delay, now);
            prop_assert_eq!(call.next(Nanos(now)), next, "{:?}", story);
            match next {
                Next::Start if is_allowed => {
                    prop_assert_eq!(call.start(Nanos(now)) as usize, story.in_flight());
                    // A failure at this very time was what it starts for.
                    now += 1;
                    story.starts.push(now - 1);
                    story.ends.iter_mut().filter(|(_, at)| *at == now - 1).for_each(|(_, at)| *at -= 1);
                }
                Next::Start => {
                    call.stop();
                    story.is_stopped = true;
                }
                _ => {}
            }
        }
    }
}
