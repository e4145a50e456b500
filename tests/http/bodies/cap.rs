//! Bodies of the cap, and larger ones.

use crate::bodies::{CAP, Scripted, Sent, Step, data, error, send, trailers, two};
use palisade::http::ReplayBody;

/// A body of so many bytes, in frames of so many.
fn of(bytes: usize, frame: usize) -> (Scripted, Sent) {
    let data: Vec<u8> = (0..251).cycle().take(bytes).collect();
    let steps = data.chunks(frame).map(Step::data).chain([Step::Trailers(trailers())]);
    (Scripted::new(steps), Sent { data: data.clone(), trailers: Some(trailers()), error: None })
}

#[test]
fn a_body_of_the_cap_is_sent_again_and_one_of_a_byte_more_once() {
    for (bytes, is_kept) in [(CAP, true), (CAP + 1, false)] {
        for frame in [1, 1000, 8192, 1 << 20] {
            let (source, whole) = of(bytes, frame);
            let [mut first, mut second] = two(source);
            assert_eq!(send(&mut first), whole, "{bytes} in {frame}");
            assert_eq!(second.reclaim(), is_kept, "{bytes} in {frame}");
            if is_kept {
                assert_eq!(send(&mut second), whole, "{bytes} in {frame}");
            } else {
                assert!(error(&mut second).contains("outgrew"), "{bytes} in {frame}");
            }
        }
    }
}

#[test]
fn an_attempt_under_way_goes_on_while_the_copy_is_given_up() {
    let mut first = ReplayBody::new(Scripted::new(["abc", "d", "efg"].map(Step::data)), 3);
    let second = first.clone();
    assert_eq!(data(&mut first), "abc");
    assert_eq!(data(&mut first), "d");
    let third = first.clone();
    assert_eq!(send(&mut first).data, b"efg");
    assert!(!second.reclaim() && !third.reclaim());
}

#[test]
fn a_second_attempt_that_outgrows_the_cap_is_sent_whole_too() {
    let mut first = ReplayBody::new(Scripted::new(["abc", "defg", "h"].map(Step::data)), 3);
    let (mut second, third) = (first.clone(), first.clone());
    assert_eq!(data(&mut first), "abc");
    assert!(second.reclaim());
    assert_eq!(send(&mut second).data, b"abcdefgh");
    assert!(!third.reclaim());
}

#[test]
fn with_a_cap_of_zero_only_an_empty_body_is_sent_again() {
    for (steps, is_kept) in [(vec![], true), (vec![Step::data("")], true), (vec![Step::data("a")], false)] {
        let mut first = ReplayBody::new(Scripted::new(steps), 0);
        let second = first.clone();
        assert_eq!(send(&mut first).error, None);
        assert_eq!(second.reclaim(), is_kept);
    }
}

#[test]
fn the_largest_cap_reserves_nothing() {
    let mut first = ReplayBody::new(Scripted::new([Step::data("a"), Step::data("b")]), usize::MAX);
    let mut second = first.clone();
    send(&mut first);
    assert_eq!(send(&mut second).data, b"ab");
}
