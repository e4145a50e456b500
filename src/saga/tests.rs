//! Claims about what the log holds, and about who owns a saga.

use std::sync::Arc;

use proptest::prelude::*;

use super::definition::Definition;
use super::owner::Owned;
use super::record::{Record, Unreadable};
use super::step::{Named, Step, boxed};
use super::together::Together;
use crate::error::Error;
use crate::name::Name;
use crate::state::saga::{Course, Mark, Standing};
use crate::store::{MemoryStore, Space, Store};
use crate::time::Nanos;

fn step(name: &'static str, is_pivot: bool) -> Named<()> {
    let nothing = |(), _| async { Ok::<_, Error>(()) };
    let undo = (!is_pivot).then(|| boxed(nothing));
    (name, Step { run: boxed(nothing), undo, merge: None })
}

/// A step, two in parallel, and the pivot.
fn definition() -> Definition {
    let places =
        [vec![step("charge", false)], vec![step("hotel", false), step("flight", false)], vec![step("ship", true)]];
    Definition::of(&places, &[2]).expect("it is legal")
}

/// The first record of a saga, as the first version of the layout has it. It is never written otherwise.
const FIRST: &[u8] = b"\x01\x00\
    \x00\x00\x00\x00\x00\x00\x00\x07\
    \x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x04\
    \x01\x01\x06charge\x00\x01\x05hotel\x00\x00\x06flight\x00\x03\x04ship\
    \xff\xff\x00\x00\
    context";

#[test]
fn the_first_version_of_the_layout_is_read_and_written() {
    let record = Record { at: Nanos(7), ..Record::new(&definition(), b"context".to_vec()) };
    assert_eq!(record.encode(), FIRST);
    assert_eq!(Record::decode(FIRST), Ok(record));
    assert_eq!(Record::written_at(FIRST), Nanos(7));
}

#[test]
fn a_newer_version_of_the_layout_is_told() {
    assert_eq!(Record::decode(&[9, 0, 0]), Err(Unreadable::Version(9)));
    assert_eq!(Record::decode(&[]), Err(Unreadable::Damaged));
}

#[test]
fn names_and_places_and_the_pivot_make_a_definition() {
    let record = Record::new(&definition(), Vec::new());
    let group = || vec![step("hotel", false), step("flight", false)];
    let others = [
        Definition::of(&[vec![step("charge", false)], group()], &[]),
        Definition::of(&[vec![step("charge", false)], group(), vec![step("sent", true)]], &[2]),
        Definition::of(&[vec![step("charge", false)], group(), vec![step("ship", false)]], &[]),
        Definition::of(
            &[
                vec![step("charge", false)],
                vec![step("hotel", false)],
                vec![step("flight", false)],
                vec![step("ship", true)],
            ],
            &[3],
        ),
    ];
    assert!(record.is_of(&definition()));
    assert!(others.into_iter().all(|other| !record.is_of(&other.expect("it is legal"))));
}

fn records() -> impl Strategy<Value = Record> {
    let step = ((0..8_usize).prop_map(|mark| Mark::ALL[mark]), 0..4_u8, "[a-z\u{1F980}]{0,8}");
    let steps = prop::collection::vec(step, 1..6);
    let failure = prop::option::of((0..1_usize, ".{0,200}"));
    let times = (any::<u64>(), prop::option::of(1_u64..));
    let all = (steps, failure, times, prop::collection::vec(any::<u8>(), 0..99), any::<bool>());
    all.prop_map(|(steps, failure, (at, since), context, is_back)| Record {
        standing: Standing {
            course: if is_back { Course::Back } else { Course::Forward },
            marks: steps.iter().map(|(mark, ..)| *mark).collect(),
        },
        at: Nanos(at),
        trying_since: since.map(Nanos),
        failure,
        context,
        steps: steps.into_iter().map(|(_, place, name)| (place, name)).collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record_that_was_written_is_read(record in records()) {
        prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Record::decode(&[&[1][..], &bytes].concat()));
    }
}

#[test]
fn a_saga_has_one_owner_until_that_is_dropped() {
    let [store, other]: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new())];
    let space = Space::new("saga", Name::of("order"));
    let owned = Owned::try_take(&store, space, "1");
    assert!(owned.is_some() && Owned::try_take(&store, space, "1").is_none());
    let elsewhere = [
        Owned::try_take(&store, space, "2"),
        Owned::try_take(&store, Space::new("saga", Name::of("trip")), "1"),
        Owned::try_take(&other, space, "1"),
    ];
    assert!(elsewhere.iter().all(Option::is_some));
    drop(owned);
    assert!(Owned::try_take(&store, space, "1").is_some());
}

#[tokio::test]
async fn futures_together_end_each_once_in_the_order_of_their_ends() {
    let ends = |polls: usize| {
        Box::pin(async move {
            for _ in 0..polls {
                tokio::task::yield_now().await;
            }
            polls
        })
    };
    let mut together = Together::new([5, 0, 3].map(|polls| (polls, ends(polls))).into());
    let mut ended = Vec::new();
    while let Some((number, polls)) = together.next().await {
        assert_eq!(number, polls);
        ended.push(number);
    }
    assert_eq!((ended, together.next().await), (vec![0, 3, 5], None));
}
