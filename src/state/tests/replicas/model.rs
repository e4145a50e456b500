//! Claims against a naive model: a list of members, looked through at each step.

use proptest::prelude::*;
use proptest::sample::Index;

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

/// A member, as the page says it.
#[derive(Clone, Debug)]
struct One {
    phase: Phase,
    drained: bool,
    streak: u32,
    times: u64,
    /// How often its phase has changed.
    age: u64,
    since: u64,
    until: u64,
    well_since: u64,
    was_well: bool,
    trials: u64,
    in_flight: u64,
}

impl One {
    fn is_well(&self) -> bool {
        self.phase == Phase::InService && !self.drained
    }

    fn turn(&mut self, phase: Phase, now: u64) {
        (self.phase, self.since, self.streak, self.age) = (phase, now, 0, self.age + 1);
    }
}

/// A call in flight: where, the age of its member, and its number if it is a trial.
#[derive(Clone, Copy, Debug)]
struct Flight {
    at: usize,
    age: u64,
    trial: Option<u64>,
}

#[derive(Debug)]
struct Model {
    rules: Rules,
    all: Vec<One>,
    in_use: Option<usize>,
    now: u64,
}

impl Model {
    fn new(rules: Rules, members: usize) -> Self {
        let one = One {
            phase: Phase::InService,
            drained: false,
            streak: 0,
            times: 0,
            age: 0,
            since: 0,
            until: 0,
            well_since: 0,
            was_well: true,
            trials: 0,
            in_flight: 0,
        };
        Self { rules, all: vec![one; members], in_use: Some(0), now: 0 }
    }

    fn those(&self, which: impl Fn(&One) -> bool) -> Vec<usize> {
        (0..self.all.len()).filter(|at| which(&self.all[*at])).collect()
    }

    fn is_panic(&self) -> bool {
        let (well, of) = (self.those(One::is_well).len(), self.those(|one| !one.drained).len());
        self.rules.policy != Policy::FailOver && share(well, of) < self.rules.panic_below
    }

    /// Where the next call may go, and whether it is a trial.
    fn may_take(&mut self) -> (Vec<usize>, bool) {
        let now = self.now;
        let due = self.those(|one| !one.drained && one.phase != Phase::InService && one.until <= now);
        if let Some(first) = due.first() {
            return (vec![*first], true);
        }
        self.look();
        let well = self.those(One::is_well);
        let any = self.those(|one| !one.drained);
        let those = match self.rules.policy {
            Policy::FailOver => self.in_use.into_iter().collect(),
            _ if self.is_panic() => any,
            _ => well,
        };
        (those, false)
    }

    /// What every change brings with it.
    fn look(&mut self) {
        let now = self.now;
        for one in &mut self.all {
            if one.is_well() && !one.was_well {
                one.well_since = now;
            }
            one.was_well = one.is_well();
        }
        let well = self.those(One::is_well);
        let any = self.those(|one| !one.drained);
        let stays = self.in_use.filter(|at| well.contains(at));
        let healthy_for = self.rules.healthy_for.0;
        let returned =
            |at: &&usize| stays.is_some_and(|stays| **at < stays) && now >= self.all[**at].well_since + healthy_for;
        self.in_use = well.iter().find(returned).copied().or(stays).or(well.first().copied()).or(any.first().copied());
    }

    fn enter(&mut self, at: usize, is_trial: bool) -> Flight {
        let now = self.now;
        let one = &mut self.all[at];
        one.in_flight += 1;
        let mut trial = None;
        if is_trial {
            if one.phase == Phase::Ejected {
                one.turn(Phase::OnTrial, now);
            }
            one.until = now + 10 * S;
            one.trials += 1;
            trial = Some(one.trials);
        }
        let flight = Flight { at, age: one.age, trial };
        if is_trial {
            self.look();
        }
        flight
    }

    /// Ends a call. Returns whether its member goes out or waits for its next trial, so that its time is to be looked at.
    fn exit(&mut self, flight: Flight, how: How) -> bool {
        let now = self.now;
        let one = &mut self.all[flight.at];
        one.in_flight -= 1;
        if one.age != flight.age {
            return false;
        }
        let out = match (flight.trial, how, one.phase) {
            (Some(_), Success, _) => {
                one.turn(Phase::InService, now);
                false
            }
            (Some(_), Failure, _) => self.eject(flight.at, false, true),
            (Some(trial), ..) => {
                if trial == one.trials {
                    one.until = now;
                }
                false
            }
            (None, Success, Phase::InService) => {
                one.streak = 0;
                return false;
            }
            (None, Failure, Phase::InService) => {
                one.streak += 1;
                if self.rules.consecutive.is_none_or(|most| one.streak < most) {
                    return false;
                }
                self.eject(flight.at, false, false)
            }
            (None, ..) => return false,
        };
        self.look();
        out
    }

    fn eject(&mut self, at: usize, by_hand: bool, is_trial: bool) -> bool {
        let others = self.those(|one| !one.drained).into_iter().filter(|other| *other != at);
        let of = others.clone().count() + 1;
        let out = others.filter(|other| self.all[*other].phase == Phase::Ejected).count() + 1;
        let legal = by_hand || out < of && share(out, of) <= self.rules.max_ejected;
        let (now, base) = (self.now, self.rules.base.0);
        let one = &mut self.all[at];
        if !legal && !is_trial {
            one.streak = 0;
            return false;
        }
        let off = if one.phase == Phase::InService { (now - one.since) / base } else { 0 };
        one.times = one.times.saturating_sub(off) + 1;
        one.turn(if legal { Phase::Ejected } else { Phase::OnTrial }, now);
        true
    }

    fn hand(&mut self, at: usize, hand: Hand) -> bool {
        let now = self.now;
        let one = &mut self.all[at];
        let mut out = false;
        match hand {
            Hand::Drain => one.drained = true,
            Hand::Undrain => one.drained = false,
            Hand::Eject if one.phase != Phase::Ejected => out = self.eject(at, true, false),
            Hand::Readmit if one.phase != Phase::InService => one.turn(Phase::InService, now),
            Hand::Eject | Hand::Readmit => {}
        }
        self.look();
        out
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are few")]
fn share(count: usize, of: usize) -> f64 {
    if of == 0 { 1.0 } else { count as f64 / of as f64 }
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
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

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
