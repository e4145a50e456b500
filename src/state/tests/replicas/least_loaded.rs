//! The less loaded of two.

use super::*;

#[test]
fn of_two_the_one_with_fewer_calls_takes_the_call() {
    let team = team_of(RULES, 2);
    let first = team.call();
    for _ in 0..20 {
        let other = team.call();
        assert_ne!(first.at(), other.at());
        team.end(other, Success);
    }
}

#[test]
fn weights_divide_the_load() {
    let weighted = [("a", 3), ("b", 1)].map(|(name, weight)| Newcomer { weight, ..newcomer(name) });
    let team = Team::new(RULES, weighted.into());
    let _calls: Vec<_> = (0..40).map(|_| team.call()).collect();
    let found = ["a", "b"].map(|name| team.see(name).in_flight);
    assert!(found == [30, 10] || found == [29, 11] || found == [31, 9], "{found:?}");
}

#[test]
fn two_different_ones_are_drawn() {
    // If one could be drawn twice, the loaded one would take a call now and then.
    let team = team_of(RULES, 2);
    let loaded = team.call();
    let name = loaded.at().to_owned();
    assert_eq!(count(&team.places(1_000), &name), 0);
}

#[test]
fn where_all_are_equal_each_takes_as_many() {
    let places = team_of(RULES, 4).places(4_000);
    for name in ["a", "b", "c", "d"] {
        let share = count(&places, name);
        assert!((850..1_150).contains(&share), "{name} has {share} of 4,000");
    }
}

#[test]
fn two_choices_keep_the_fullest_near_the_mean() {
    let team = team_of(RULES, 100);
    let _calls: Vec<_> = (0..10_000).map(|_| team.call()).collect();
    let most = (0..100).map(|number| team.see(&nth(number)).in_flight).max().unwrap();
    assert!(most <= 104, "one drawn by chance alone would have about 125: {most}");
}

#[test]
fn where_one_of_many_is_usable_it_is_found() {
    let team = team_of(Rules { panic_below: 0.0, ..RULES }, 100);
    for number in (0..100).filter(|number| *number != 42) {
        team.by_hand(Roster::eject_by_hand, &nth(number));
    }
    assert_eq!(team.places(50), vec![nth(42); 50]);
}

#[test]
fn calls_are_in_flight_until_they_leave() {
    let team = team_of(RULES, 1);
    let call = team.call();
    let mut changes = Changes::NONE;
    team.roster.settle(&call.member, call.entry, Success, team.now(), &mut changes);
    assert_eq!(team.see("a").in_flight, 1);
    team.roster.leave(&call.member, &mut changes);
    assert_eq!((team.see("a").in_flight, team.see("a").calls), (0, 1));
    team.note(changes);
}

#[test]
fn with_a_seed_the_choices_are_the_same() {
    let places = |seed| {
        let newcomers = (0..9).map(|number| newcomer(&nth(number))).collect();
        let roster = Roster::new(RULES, seed, newcomers, Nanos(0)).unwrap();
        let team = Team { roster, now: Cell::new(0), changes: Cell::default() };
        team.places(50)
    };
    assert_eq!(places(7), places(7));
    assert_ne!(places(7), places(8));
}
