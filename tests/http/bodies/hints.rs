//! What an attempt says of what is left, before it is polled for it.

use http_body::{Body, SizeHint};

use crate::bodies::{Scripted, Step, data, is_over, poll, replayed, send, trailers, two};
use palisade::http::ReplayBody;

fn bounds(hint: SizeHint) -> (u64, Option<u64>) {
    (hint.lower(), hint.upper())
}

fn from_2_to_9() -> SizeHint {
    let mut hint = SizeHint::new();
    hint.set_lower(2);
    hint.set_upper(9);
    hint
}

#[test]
fn a_replay_has_what_was_kept_and_the_hint_of_the_source() {
    let [mut first, mut second] = two(Scripted::new([Step::data("abc"), Step::data("d")]).hinting(from_2_to_9()));
    assert_eq!(bounds(first.size_hint()), (2, Some(9)));
    data(&mut first);
    assert_eq!(bounds(second.size_hint()), (5, Some(12)));
    data(&mut second);
    assert_eq!(bounds(second.size_hint()), (2, Some(9)));
    for (hint, replays) in [
        (SizeHint::new(), (3, None)),
        (SizeHint::with_exact(3), (3, Some(3))),
        (SizeHint::with_exact(u64::MAX), (u64::MAX, Some(u64::MAX))),
    ] {
        let [mut first, second] = two(Scripted::new([Step::data("abc"), Step::Trailers(trailers())]).hinting(hint));
        send(&mut first);
        assert_eq!(bounds(second.size_hint()), replays);
    }
}

#[test]
fn an_attempt_is_at_its_end_when_all_was_sent() {
    for trailers in [None, Some(trailers())] {
        let steps = [Some(Step::data("a")), Some(Step::data("b")), trailers.clone().map(Step::Trailers)];
        let [mut first, mut second] = two(Scripted::new(steps.into_iter().flatten()).telling_its_end());
        data(&mut first);
        assert!(!first.is_end_stream());
        for body in [&mut first, &mut second] {
            assert!(!body.is_end_stream());
            data(body);
            assert_eq!(body.is_end_stream(), trailers.is_none());
            assert_eq!(send(body).trailers, trailers);
            assert!(body.is_end_stream());
        }
    }
}

#[test]
fn every_attempt_tells_the_length_that_the_first_told() {
    for told in [0, 2, 3, 1000, u64::MAX] {
        let [mut first, mut second] = two(Scripted::new([Step::data("abc")]).hinting(SizeHint::with_exact(told)));
        assert_eq!(send(&mut first).data, b"abc");
        assert_eq!(first.size_hint().exact(), Some(0));
        assert_eq!(second.size_hint().exact(), Some(told));
        assert!(second.reclaim());
        assert_eq!(send(&mut second).data, b"abc");
    }
}

#[test]
fn a_source_at_its_end_has_nothing_left_whatever_it_hints() {
    let source = Scripted::new([Step::data("abc"), Step::Pending]).telling_its_end();
    let [mut first, second] = two(source.hinting(SizeHint::with_exact(1000)));
    data(&mut first);
    assert!(poll(&mut first).is_pending());
    assert!(first.is_end_stream());
    assert_eq!(first.size_hint().exact(), Some(0));
    assert_eq!(second.size_hint().exact(), Some(1000));
}

#[test]
fn a_body_shorter_than_it_told_is_not_at_its_end_unpolled() {
    for (told, is_whole) in [(2, true), (3, true), (4, false)] {
        let source = Scripted::new([Step::data("abc")]).telling_its_end();
        let [mut first, mut second] = two(source.hinting(SizeHint::with_exact(told)));
        for body in [&mut first, &mut second] {
            data(body);
            assert_eq!(body.is_end_stream(), is_whole, "{told}");
            assert!(is_over(body));
            assert!(body.is_end_stream());
        }
    }
}

#[test]
fn a_body_too_short_is_not_at_its_end_though_no_copy_is_kept() {
    for (told, is_whole) in [(3, true), (4, false)] {
        let source = || {
            let source = Scripted::new(["a", "b", "c"].map(Step::data)).telling_its_end();
            source.hinting(SizeHint::with_exact(told))
        };
        let outgrown = ReplayBody::new(source(), 1);
        let last_of_two = replayed(source()).clone();
        for mut body in [outgrown, last_of_two] {
            (0..3).for_each(|_| drop(data(&mut body)));
            assert!(!body.clone().reclaim(), "no copy is kept");
            assert_eq!(body.is_end_stream(), is_whole, "{told}");
            assert!(is_over(&mut body));
        }
    }
}

#[test]
fn what_cannot_be_sent_promises_no_length_and_no_end() {
    let mut first = ReplayBody::new(Scripted::new([Step::data("abc")]).hinting(SizeHint::with_exact(0)), 2);
    let second = first.clone();
    send(&mut first);
    assert_eq!(bounds(second.size_hint()), (0, None));
    assert!(!second.is_end_stream());
}

#[test]
fn an_empty_body_is_at_its_end_for_every_attempt() {
    let source = Scripted::new([]).telling_its_end();
    let polls = source.polls();
    let [mut first, mut second] = two(source);
    for body in [&mut first, &mut second] {
        assert!(body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(0));
        assert!(body.reclaim());
        assert!(is_over(body));
    }
    assert_eq!(polls(), 0);
}
