//! Whether enough stand by.

use super::*;
use crate::state::verdict::Level;

/// Two are needed, and one is to stand by.
const SPARE: Rules = Rules { needed: 2, spares: 1, panic_below: 0.0, ..RULES };

fn spares(team: &Team) -> Level {
    team.roster.view(team.now()).0.spares
}

#[test]
fn below_the_spares_it_is_degraded_and_below_the_needed_unhealthy() {
    let team = team_of(SPARE, 4);
    let mut levels = vec![spares(&team)];
    for name in ["a", "b", "c"] {
        team.by_hand(Roster::eject_by_hand, name);
        levels.push(spares(&team));
    }
    assert_eq!(levels, [Level::Healthy, Level::Healthy, Level::Degraded, Level::Unhealthy]);
}

#[test]
fn each_change_is_told_once() {
    let team = team_of(SPARE, 3);
    team.by_hand(Roster::eject_by_hand, "a");
    team.by_hand(Roster::readmit_by_hand, "a");
    let told: Vec<_> = team.news().into_iter().filter(|news| news.contains("->")).collect();
    assert_eq!(told, ["Healthy -> Degraded: 2 healthy", "Degraded -> Healthy: 3 healthy"]);
}

#[test]
fn one_on_trial_and_one_that_is_drained_are_no_spares() {
    let team = team_of(SPARE, 3);
    team.by_hand(Roster::drain, "a");
    assert_eq!(spares(&team), Level::Degraded);
    team.by_hand(Roster::undrain, "a");
    team.eject("b");
    let _trial = team.pass(40 * S).call();
    assert_eq!(spares(&team), Level::Degraded);
}

#[test]
fn where_none_is_needed_none_is_short() {
    let team = team_of(RULES, 0);
    assert_eq!(spares(&team), Level::Healthy);
}
