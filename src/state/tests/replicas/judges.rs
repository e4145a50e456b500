//! What judges say: checks, circuits and heartbeats from outside.

use std::sync::{OnceLock, Weak, mpsc};
use std::thread;
use std::time::Duration;

use super::*;
use Judgement::{Degraded, Healthy, OnTrial, Unhealthy};

#[test]
fn one_that_is_judged_unhealthy_takes_no_call() {
    for rules in [RULES, ROUND_ROBIN, FAIL_OVER] {
        let (team, judges) = judged(rules, 3);
        judges[0].say(Unhealthy);
        assert_eq!(count(&team.places(300), "a"), 0, "{rules:?}");
    }
}

#[test]
fn the_worst_of_several_judges_counts() {
    let (one, two) = (Arc::new(Told::default()), Arc::new(Told::default()));
    let twice = Newcomer { judges: vec![Arc::clone(&one) as _, Arc::clone(&two) as _], ..newcomer("a") };
    let team = Team::new(RULES, vec![twice, newcomer("b")]);
    two.say(Unhealthy);
    assert_eq!(count(&team.places(100), "a"), 0);
    two.say(Healthy);
    one.say(Unhealthy);
    assert_eq!(count(&team.places(100), "a"), 0);
    one.say(Healthy);
    assert!(count(&team.places(100), "a") > 20);
}

#[test]
fn one_that_is_to_be_asked_takes_the_next_call_under_every_policy() {
    let keyed = Rules { shards: Some(1), ..RULES };
    for rules in [RULES, ROUND_ROBIN, FAIL_OVER, keyed] {
        let (team, judges) = judged(rules, 3);
        judges[0].say(Unhealthy);
        team.see("a");
        // The key of this call belongs to another.
        let key = (0..99).find(|key| team.try_call(*key, &[]).is_some_and(|call| call.at() == "b")).unwrap();
        judges[0].say(OnTrial);
        assert_eq!(team.try_call(key, &[]).unwrap().at(), "a", "{rules:?}");
        let others = team.try_call(key, &[team.id("a")]).unwrap();
        assert_ne!(others.at(), "a", "where it refuses, the call goes on");
    }
}

#[test]
fn each_of_a_thousand_is_found_to_be_asked() {
    let (team, judges) = judged(RULES, 1_000);
    judges[777].say(Unhealthy);
    team.see("a");
    judges[777].say(OnTrial);
    // Each call asks the judges of sixteen.
    assert_eq!(count(&team.places(70), &nth(777)) / 2, 0);
    assert!(count(&team.places(70), &nth(777)) > 0);
}

#[test]
fn one_that_is_to_be_asked_is_not_healthy() {
    let (team, judges) = judged(RULES, 4);
    for judge in &judges[..3] {
        judge.say(OnTrial);
    }
    let (view, changes) = team.roster.view(team.now());
    team.note(changes);
    assert_eq!((view.healthy, view.of, view.is_panic), (1, 4, true));
}

#[test]
fn unhealthy_members_count_for_panic() {
    let (team, judges) = judged(RULES, 3);
    judges[0].say(Unhealthy);
    judges[1].say(Unhealthy);
    team.places(30);
    assert_eq!(team.news(), ["panic on: 1 of 3"]);
    assert!(count(&team.places(300), "a") > 50);
    judges[0].say(Healthy);
    team.places(30);
    assert_eq!(team.news(), ["panic off: 2 of 3"]);
    assert_eq!(count(&team.places(300), "b"), 0);
}

#[test]
fn a_judge_that_turned_healthy_after_the_ejection_begins_the_trial() {
    for better in [Healthy, Degraded] {
        let (team, judges) = judged(RULES, 3);
        team.eject("a");
        judges[0].say(Unhealthy);
        team.places(9);
        team.news();
        judges[0].say(better);
        assert!(team.call().entry.is_trial(), "{better:?}");
        assert_eq!(team.news(), ["a on trial"]);
    }
}

#[test]
fn a_judge_that_was_healthy_all_along_ends_no_ejection() {
    let (team, judges) = judged(RULES, 3);
    team.eject("a");
    judges[0].say(Degraded);
    team.places(9);
    judges[0].say(Healthy);
    assert_eq!(count(&team.places(99), "a"), 0);
}

#[test]
fn a_trial_waits_while_the_judge_says_unhealthy() {
    let (team, judges) = judged(RULES, 3);
    team.eject("a");
    judges[0].say(Unhealthy);
    team.pass(40 * S);
    assert_eq!(count(&team.places(99), "a"), 0);
    judges[0].say(Healthy);
    assert_eq!(team.call().at(), "a");
}

#[test]
fn judges_are_not_bound_by_max_ejected() {
    let (team, judges) = judged(FAIL_OVER, 3);
    judges[0].say(Unhealthy);
    judges[1].say(Unhealthy);
    assert_eq!(team.places(9), ["c"; 9]);
}

/// A judge that looks at the roster of the member that it judges.
struct Nosy(OnceLock<Weak<Roster>>);

impl Judge for Nosy {
    fn judge(&self) -> Judgement {
        let roster = self.0.get().and_then(Weak::upgrade);
        roster.map_or(Healthy, |roster| if roster.members().0.len() == 2 { Unhealthy } else { Healthy })
    }
}

#[test]
fn judges_are_asked_without_the_lock() {
    let nosy = Arc::new(Nosy(OnceLock::new()));
    let member = Newcomer { judges: vec![Arc::clone(&nosy) as _], ..newcomer("a") };
    let roster = Arc::new(Roster::new(RULES, 0, vec![member, newcomer("b")], Nanos(0)).unwrap());
    nosy.0.set(Arc::downgrade(&roster)).unwrap();
    // Under the lock the judge would wait for ever.
    let members = roster.members().0;
    for _ in 0..20 {
        let (choice, _) = roster.choose(&members, 0, &[], Nanos(0));
        assert_eq!(&**members.get(choice.unwrap().index).name(), "b");
    }
    assert!(roster.add(&new_member("c"), Nanos(0)).is_ok());
    assert_eq!(roster.view(Nanos(0)).0.healthy, 3);
}

#[test]
fn a_call_does_not_wait_for_one_that_looks() {
    let (team, judges) = judged(RULES, 3);
    team.eject("a");
    team.pass(40 * S);
    judges[1].say(Unhealthy);
    let (roster, now) = (&team.roster, team.now());
    let members = roster.members().0;
    let (ended, has_ended) = mpsc::channel();
    thread::scope(|scope| {
        let looking = roster.locked.lock();
        scope.spawn(|| {
            let choice = roster.choose(&members, 0, &[], now).0;
            ended.send((choice.map(|choice| choice.index), roster.judge(now).is_none())).unwrap();
        });
        let ended = has_ended.recv_timeout(Duration::from_secs(30));
        drop(looking);
        assert_eq!(ended, Ok((Some(2), true)));
    });
}
