//! Results, trials and hands that come at the same moment.

use loom::model;

use super::{model_of_many, race, race_of_three};
use crate::state::replicas::{Change, Changes, Entry, How, Member, Newcomer, Phase, Roster, Rules};
use crate::sync::Arc;
use crate::time::Nanos;

/// One failure ejects, and the time out is over after at most 1,100.
const RULES: Rules = Rules { consecutive: Some(1), base: Nanos(1_000), ..Rules::DEFAULT };
const OVER: u64 = 1_100;

fn roster(rules: Rules, members: usize) -> Arc<Roster> {
    let newcomer = |name: &&str| Newcomer { name: (*name).into(), weight: 1, tier: 0, judges: Vec::new() };
    let newcomers = ["a", "b", "c"][..members].iter().map(newcomer).collect();
    Arc::new(Roster::new(rules, 0, newcomers, Nanos(0)).unwrap())
}

type Call = (Arc<Member>, Entry);

/// A call to this member, if it takes one.
fn call(roster: &Roster, name: &str, now: u64) -> (Option<Call>, Changes) {
    let members = roster.members().0;
    let others: Vec<_> = members.iter().filter(|member| &**member.name() != name).map(|member| member.id()).collect();
    let (choice, changes) = roster.choose(&members, 0, &others, Nanos(now));
    (choice.map(|choice| (Arc::clone(members.get(choice.index)), choice.entry)), changes)
}

fn call_now(roster: &Roster, name: &str) -> Call {
    call(roster, name, 0).0.unwrap()
}

fn end(roster: &Roster, (member, entry): Call, how: How, now: u64) -> Vec<Change> {
    roster.exit(&member, entry, how, Nanos(now)).into_iter().collect()
}

fn is_trial(call: Option<&Call>) -> bool {
    call.is_some_and(|(_, entry)| entry.is_trial())
}

/// Those in a phase.
fn count(roster: &Roster, phase: Phase, now: u64) -> usize {
    roster.view(Nanos(now)).0.members.iter().filter(|member| member.phase == phase).count()
}

/// A roster whose `a` was ejected.
fn without_a(members: usize) -> Arc<Roster> {
    let roster = roster(RULES, members);
    let ended = end(&roster, call_now(&roster, "a"), How::Failure, 0);
    assert!(matches!(ended[..], [Change::Ejected { .. }]));
    roster
}

#[test]
fn failures_that_come_together_eject_once() {
    model_of_many(|| {
        let roster = roster(Rules { consecutive: Some(2), ..RULES }, 2);
        let [one, two, three] = [(); 3].map(|()| call_now(&roster, "a"));
        let (first, second) = (Arc::clone(&roster), Arc::clone(&roster));
        let (one, two, three) = race_of_three(
            move || end(&first, one, How::Failure, 0),
            move || end(&second, two, How::Failure, 0),
            || end(&roster, three, How::Failure, 0),
        );
        assert_eq!([one, two, three].concat().len(), 1);
        assert_eq!(count(&roster, Phase::Ejected, 0), 1);
    });
}

#[test]
fn members_that_fail_together_are_never_all_out() {
    model(|| {
        let roster = roster(RULES, 2);
        let (one, two) = (call_now(&roster, "a"), call_now(&roster, "b"));
        let other = Arc::clone(&roster);
        let (one, two) = race(move || end(&other, one, How::Failure, 0), || end(&roster, two, How::Failure, 0));
        assert_eq!(one.len() + two.len(), 2, "one is ejected and one refused");
        assert_eq!(count(&roster, Phase::InService, 0), 1);
    });
}

#[test]
fn at_most_max_ejected_are_out() {
    model_of_many(|| {
        let roster = roster(RULES, 3);
        let [one, two, three] = ["a", "b", "c"].map(|name| call_now(&roster, name));
        let (first, second) = (Arc::clone(&roster), Arc::clone(&roster));
        race_of_three(
            move || end(&first, one, How::Failure, 0).len(),
            move || end(&second, two, How::Failure, 0).len(),
            || end(&roster, three, How::Failure, 0).len(),
        );
        assert_eq!(count(&roster, Phase::Ejected, 0), 1);
    });
}

#[test]
fn a_call_beside_an_ejection_finds_a_member() {
    model(|| {
        let roster = roster(RULES, 2);
        let failing = call_now(&roster, "a");
        let other = Arc::clone(&roster);
        let (_, found) = race(
            move || end(&other, failing, How::Failure, 0).len(),
            || {
                let members = roster.members().0;
                roster.choose(&members, 0, &[], Nanos(0)).0.is_some()
            },
        );
        assert!(found);
    });
}

#[test]
fn one_call_at_a_time_is_a_trial() {
    model(|| {
        let roster = without_a(2);
        let other = Arc::clone(&roster);
        let (one, two) = race(move || call(&other, "a", OVER), || call(&roster, "a", OVER));
        assert!(is_trial(one.0.as_ref()) ^ is_trial(two.0.as_ref()));
        let told = one.1.into_iter().chain(two.1).filter(|change| matches!(change, Change::OnTrial { .. }));
        assert_eq!(told.count(), 1);
    });
}

#[test]
fn a_place_given_back_is_given_to_one() {
    model_of_many(|| {
        let roster = without_a(2);
        let trial = call(&roster, "a", OVER).0.unwrap();
        let (first, second) = (Arc::clone(&roster), Arc::clone(&roster));
        let (_, one, two) = race_of_three(
            move || end(&first, trial, How::Nothing, OVER).len(),
            move || call(&second, "a", OVER).0,
            || call(&roster, "a", OVER).0,
        );
        assert!(!(is_trial(one.as_ref()) && is_trial(two.as_ref())));
        let last = call(&roster, "a", OVER).0;
        assert_eq!([one, two, last].iter().filter(|call| is_trial(call.as_ref())).count(), 1);
    });
}

#[test]
fn a_trial_that_fails_beside_another_failure_leaves_one() {
    model(|| {
        let roster = without_a(2);
        let trial = call(&roster, "a", OVER).0.unwrap();
        let failing = call(&roster, "b", OVER).0.unwrap();
        let other = Arc::clone(&roster);
        race(move || end(&other, trial, How::Failure, OVER).len(), || end(&roster, failing, How::Failure, OVER).len());
        assert_eq!(count(&roster, Phase::Ejected, OVER), 1);
    });
}

#[test]
fn a_success_beside_a_failure_ends_the_streak_before_or_after_it() {
    model(|| {
        let roster = roster(Rules { consecutive: Some(2), ..RULES }, 2);
        let [first, fails, succeeds, last] = [(); 4].map(|()| call_now(&roster, "a"));
        assert!(end(&roster, first, How::Failure, 0).is_empty());
        let other = Arc::clone(&roster);
        let (ejected, _) =
            race(move || end(&other, fails, How::Failure, 0), || end(&roster, succeeds, How::Success, 0).len());
        // Either the failure came first and ejected, or it begins a streak, and this is the second or the first of it.
        let then = end(&roster, last, How::Failure, 0);
        assert!(ejected.len() + then.len() <= 1);
    });
}

#[test]
fn it_is_told_once_that_a_member_is_drained() {
    model(|| {
        let roster = roster(RULES, 2);
        let last = call_now(&roster, "a");
        let member = Arc::clone(&last.0);
        let other = Arc::clone(&roster);
        let (ended, drained) =
            race(move || end(&other, last, How::Success, 0), || roster.drain("a", Nanos(0)).unwrap());
        let told = ended.into_iter().chain(drained).filter(|change| matches!(change, Change::Drained { .. }));
        assert_eq!(told.count(), 1);
        assert_eq!(member.in_flight(), 0);
    });
}

#[test]
fn one_that_is_drained_has_no_call_in_flight() {
    model(|| {
        let roster = roster(RULES, 1);
        let other = Arc::clone(&roster);
        let (found, changes) = race(move || call(&other, "a", 0), || roster.drain("a", Nanos(0)).unwrap());
        let told = changes.into_iter().chain(found.1).any(|change| matches!(change, Change::Drained { .. }));
        assert!(found.0.is_some() != told, "it is told where the call did not enter, and only there");
    });
}

#[test]
fn a_takeover_beside_another_change_is_told_once() {
    model(|| {
        let rules = Rules { policy: crate::state::replicas::Policy::FailOver, ..RULES };
        let roster = roster(rules, 3);
        let failing = call_now(&roster, "a");
        let other = Arc::clone(&roster);
        let (one, two) = race(
            move || end(&other, failing, How::Failure, 0),
            || roster.promote("c", Nanos(0)).unwrap().into_iter().collect::<Vec<_>>(),
        );
        let to = |change: &Change| matches!(change, Change::FailedOver { to, .. } if &**to == "c");
        assert_eq!(one.iter().chain(&two).filter(|change| to(change)).count(), 1);
        assert!(roster.view(Nanos(0)).0.members.iter().any(|member| member.is_in_use && &*member.name == "c"));
    });
}
