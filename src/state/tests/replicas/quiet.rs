//! While all is well, a choice reads no clock and takes no lock.

use super::*;
use crate::time::Now;

/// Fails the test when it is read.
#[derive(Clone, Copy)]
struct NoClock;

impl Now for NoClock {
    fn now(self) -> Nanos {
        panic!("the clock was read");
    }
}

#[test]
fn healthy_calls_read_no_clock() {
    let keyed = Rules { shards: Some(1), ..RULES };
    let slow = Rules { slow_start: Nanos(S), ..RULES };
    for rules in [RULES, ROUND_ROBIN, FAIL_OVER, keyed, slow] {
        let team = team_of(rules, 4);
        let members = team.roster.members().0;
        for how in [Success, Nothing, Throttled, Success] {
            let (choice, changes) = team.roster.choose(&members, 0, &[], NoClock);
            let choice = choice.unwrap();
            team.note(changes);
            team.note(team.roster.exit(members.get(choice.index), choice.entry, how, NoClock));
        }
    }
}

#[test]
fn after_a_slow_start_no_clock_is_read() {
    let team = team_of(Rules { slow_start: Nanos(S), ..RULES }, 2);
    team.by_hand(Roster::eject_by_hand, "a");
    team.by_hand(Roster::readmit_by_hand, "a");
    team.pass(2 * S).run(Success);
    let members = team.roster.members().0;
    let (choice, changes) = team.roster.choose(&members, 0, &[], NoClock);
    assert!(choice.is_some() && changes.is_empty());
}
