//! Claims against a naive model: a list of members, looked through at each step.

mod naive;

use proptest::prelude::*;
use proptest::sample::Index;

use self::naive::{Flight, Model, One};
use super::*;

#[derive(Clone, Copy, Debug)]
enum Act {
    Call,
    End(Index, How),
    Wait(u64),
    Hand(Index, Hand),
}

#[derive(Clone, Copy, Debug)]
enum Hand {
    Drain,
    Undrain,
    Eject,
    Readmit,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let how = prop_oneof![4 => Just(Failure), 3 => Just(Success), 1 => Just(Throttled), 1 => Just(Nothing)];
    let wait = prop_oneof![1..S, 9 * S..12 * S, 29 * S..34 * S, 100 * S..400 * S];
    let hand = prop_oneof![Just(Hand::Drain), Just(Hand::Undrain), Just(Hand::Eject), Just(Hand::Readmit)];
    let act = prop_oneof![
        40 => Just(Act::Call),
        40 => (any::<Index>(), how).prop_map(|(call, how)| Act::End(call, how)),
        10 => wait.prop_map(Act::Wait),
        5 => (any::<Index>(), hand).prop_map(|(member, hand)| Act::Hand(member, hand)),
    ];
    prop::collection::vec(act, 1..200)
}

fn rules() -> impl Strategy<Value = Rules> {
    let policy = prop_oneof![Just(Policy::LeastLoaded), Just(Policy::RoundRobin), Just(Policy::FailOver)];
    let line = || prop_oneof![Just(0.0), Just(0.5), Just(1.0), 0.0..1.0];
    (policy, 1..4_u32, line(), line()).prop_map(|(policy, consecutive, max_ejected, panic_below)| Rules {
        policy,
        consecutive: Some(consecutive),
        max_ejected,
        panic_below,
        ..RULES
    })
}

fn hand(roster: &Roster, hand: Hand, name: &str, now: Nanos) -> Option<Changes> {
    match hand {
        Hand::Drain => roster.drain(name, now),
        Hand::Undrain => roster.undrain(name, now),
        Hand::Eject => roster.eject_by_hand(name, now),
        Hand::Readmit => roster.readmit_by_hand(name, now),
    }
}

/// Whether the team looks as the model has it; the time out of one that just went out is taken over from the team.
fn compare(team: &Team, model: &mut Model, went_out: Option<usize>) -> Result<(), TestCaseError> {
    // Not a look: that would change what is compared.
    let members = team.roster.members().0;
    let seen = team.roster.peek();
    if let Some(at) = went_out {
        let least = (model.rules.base.0 * model.all[at].times).min(300 * S);
        let out_for = seen.members[at].until.map(|until| until.0 - model.now);
        prop_assert!(out_for.is_some_and(|out_for| (least..=least + least / 10).contains(&out_for)), "{out_for:?}");
        model.all[at].until = model.now + out_for.unwrap_or(0);
    }
    for (at, (one, seen)) in model.all.iter().zip(&seen.members).enumerate() {
        prop_assert_eq!((seen.phase, seen.times, seen.is_drained), (one.phase, one.times, one.drained), "{}", at);
        prop_assert_eq!(members.get(at).in_flight(), one.in_flight, "{}", at);
        prop_assert!(one.phase == Phase::InService || seen.until == Some(Nanos(one.until)), "{}", at);
        prop_assert_eq!(seen.is_in_use, model.rules.policy == Policy::FailOver && model.in_use == Some(at), "{}", at);
    }
    prop_assert_eq!(seen.is_panic, model.is_panic());
    prop_assert_eq!((seen.healthy, seen.of), (model.those(One::is_well).len(), model.those(|one| !one.drained).len()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_roster_does_as_the_page_says(rules in rules(), members in 1..5_usize, acts in acts()) {
        let (team, mut model) = (team_of(rules, members), Model::new(rules, members));
        let mut flights: Vec<(Call, Flight)> = Vec::new();
        for act in acts {
            let mut went_out = None;
            match act {
                Act::Call => {
                    let (those, is_trial) = model.may_take();
                    let call = team.try_call(0, &[]);
                    prop_assert_eq!(call.is_none(), those.is_empty());
                    if let Some(call) = call {
                        let at = those.into_iter().find(|at| nth(*at) == call.at());
                        prop_assert!(at.is_some(), "a call went to {}", call.at());
                        prop_assert_eq!(call.entry.is_trial(), is_trial);
                        flights.extend(at.map(|at| (call, model.enter(at, is_trial))));
                    }
                }
                Act::End(index, how) => if !flights.is_empty() {
                    let (call, flight) = flights.swap_remove(index.index(flights.len()));
                    team.end(call, how);
                    went_out = model.exit(flight, how).then_some(flight.at);
                },
                Act::Wait(nanos) => {
                    team.pass(nanos);
                    model.now += nanos;
                }
                Act::Hand(index, by) => {
                    let at = index.index(members);
                    team.note(hand(&team.roster, by, &nth(at), team.now()).expect("it is a member"));
                    went_out = model.hand(at, by).then_some(at);
                }
            }
            compare(&team, &mut model, went_out)?;
        }
    }
}
