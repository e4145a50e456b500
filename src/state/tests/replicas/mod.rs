//! Claims about the replicas of a service. `S` is a second.

mod by_hand;
mod consecutive;
mod degraded;
mod draining;
mod fail_over;
mod judges;
mod keys;
mod least_loaded;
mod max_ejected;
mod model;
mod paces;
mod panic;
mod quiet;
mod rates;
mod round_robin;
mod slow_start;
mod spares;
mod threads;
mod tiers;
mod times;
mod trials;
mod tried;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use crate::judge::{Judge, Judgement};
use crate::state::replicas::{Change, Changes, Entry, How, Member, MemberView, Newcomer, Phase, Policy, Roster, Rules};
use crate::time::Nanos;

use How::{Failure, Nothing, Success, Throttled};

const S: u64 = 1_000_000_000;

/// The defaults.
const RULES: Rules = Rules::DEFAULT;

const FAIL_OVER: Rules = Rules { policy: Policy::FailOver, ..RULES };
const ROUND_ROBIN: Rules = Rules { policy: Policy::RoundRobin, ..RULES };

/// A roster, its clock, and what it said.
struct Team {
    roster: Roster,
    now: Cell<u64>,
    changes: Cell<Vec<Change>>,
}

/// A call in flight.
struct Call {
    member: Arc<Member>,
    entry: Entry,
    is_timed: bool,
}

impl Call {
    fn at(&self) -> &str {
        self.member.name()
    }
}

fn newcomer(name: &str) -> Newcomer {
    Newcomer { name: name.into(), weight: 1, tier: 0, judges: Vec::new() }
}

fn new_member(name: &str) -> Arc<Member> {
    Arc::new(Member::new(newcomer(name), Nanos(0)))
}

/// A team of these, which all weigh the same.
fn team(rules: Rules, names: &[&str]) -> Team {
    Team::new(rules, names.iter().copied().map(newcomer).collect())
}

/// A team of `a`, `b` and so on.
fn team_of(rules: Rules, members: usize) -> Team {
    Team::new(rules, (0..members).map(|number| newcomer(&nth(number))).collect())
}

fn nth(number: usize) -> String {
    (b'a'..=b'z').nth(number).map_or_else(|| number.to_string(), |letter| char::from(letter).into())
}

impl Team {
    fn new(rules: Rules, newcomers: Vec<Newcomer>) -> Self {
        let roster = Roster::new(rules, 1, newcomers, Nanos(0)).expect("they may be members");
        Self { roster, now: Cell::new(0), changes: Cell::default() }
    }

    fn now(&self) -> Nanos {
        Nanos(self.now.get())
    }

    fn pass(&self, nanos: u64) -> &Self {
        self.now.set(self.now.get() + nanos);
        self
    }

    fn note(&self, changes: Changes) {
        let mut before = self.changes.take();
        before.extend(changes);
        self.changes.set(before);
    }

    /// What has changed since this was last asked.
    fn news(&self) -> Vec<String> {
        self.changes.take().iter().map(words).collect()
    }

    fn try_call(&self, key: u64, tried: &[u64]) -> Option<Call> {
        let members = self.roster.members().0;
        let (choice, changes) = self.roster.choose(&members, key, tried, self.now());
        self.note(changes);
        let choice = choice?;
        let member = Arc::clone(members.get(choice.index));
        Some(Call { is_timed: self.roster.is_to_be_timed(&member), member, entry: choice.entry })
    }

    fn call(&self) -> Call {
        self.try_call(0, &[]).expect("a member takes the call")
    }

    /// A call to this one, which takes calls.
    fn call_at(&self, name: &str) -> Call {
        let others: Vec<_> = self.others(name);
        let call = self.try_call(0, &others).expect("it takes the call");
        assert_eq!(call.at(), name);
        call
    }

    fn others(&self, name: &str) -> Vec<u64> {
        let members = self.roster.members().0;
        members.iter().filter(|member| &**member.name() != name).map(|member| member.id()).collect()
    }

    fn end(&self, call: Call, how: How) {
        let Call { member, entry, .. } = call;
        self.note(self.roster.exit(&member, entry, how, self.now()));
    }

    /// Makes a call, which goes to whom it may, and ends it.
    fn run(&self, how: How) -> String {
        let call = self.call();
        let at = call.at().to_owned();
        self.end(call, how);
        at
    }

    /// So many calls at this one, one after another.
    fn run_at(&self, name: &str, how: How, times: usize) {
        for _ in 0..times {
            let call = self.call_at(name);
            self.end(call, how);
        }
    }

    /// Where so many successful calls go, in their order.
    fn places(&self, calls: usize) -> Vec<String> {
        (0..calls).map(|_| self.run(Success)).collect()
    }

    /// Ejects it by its failures.
    fn eject(&self, name: &str) {
        self.run_at(name, Failure, 5);
        assert_eq!(self.phase(name), Phase::Ejected, "{name}");
    }

    fn by_hand(&self, act: fn(&Roster, &str, Nanos) -> Option<Changes>, name: &str) {
        self.note(act(&self.roster, name, self.now()).expect("it is a member"));
    }

    fn add(&self, name: &str) {
        self.note(self.roster.add(&new_member(name), self.now()).expect("it may be a member"));
    }

    fn remove(&self, name: &str) {
        self.note(self.roster.remove(name, self.now()).expect("it is a member").1);
    }

    /// Lets time pass until the next trial of this one is due.
    fn wait_for(&self, name: &str) {
        self.now.set(self.see(name).until.expect("it is out of service").0);
    }

    fn see(&self, name: &str) -> MemberView {
        let (view, changes) = self.roster.view(self.now());
        self.note(changes);
        view.members.into_iter().find(|member| &*member.name == name).expect("it is a member")
    }

    fn id(&self, name: &str) -> u64 {
        let (members, _) = self.roster.members();
        members.iter().find(|member| &**member.name() == name).expect("it is a member").id()
    }

    fn phase(&self, name: &str) -> Phase {
        self.see(name).phase
    }

    /// Those that are not in service.
    fn out(&self) -> Vec<String> {
        let members = self.roster.view(self.now()).0.members;
        members.into_iter().filter(|member| member.phase != Phase::InService).map(|out| (*out.name).into()).collect()
    }
}

/// A change in words, without its times.
fn words(change: &Change) -> String {
    match change {
        Change::Ejected { name, reason, .. } => format!("{name} ejected: {}", reason.as_str()),
        Change::EjectionRefused { name, reason } => format!("{name} not ejected: {}", reason.as_str()),
        Change::OnTrial { name } => format!("{name} on trial"),
        Change::Readmitted { name, reason } => format!("{name} readmitted: {}", reason.as_str()),
        Change::FailedOver { from, to, reason } => {
            format!("{} -> {to}: {}", from.as_deref().unwrap_or("-"), reason.as_str())
        }
        Change::Panic { is_on, healthy, of } => {
            format!("panic {}: {healthy} of {of}", if *is_on { "on" } else { "off" })
        }
        Change::Spares { from, to, healthy } => format!("{from:?} -> {to:?}: {healthy} healthy"),
        Change::Drained { name } => format!("{name} drained"),
    }
}

/// A judge that says what it was told to.
#[derive(Default)]
struct Told(AtomicU64);

const JUDGEMENTS: [Judgement; 4] = [Judgement::Healthy, Judgement::Degraded, Judgement::OnTrial, Judgement::Unhealthy];

impl Told {
    fn say(&self, judgement: Judgement) {
        self.0.store(judgement as u64, SeqCst);
    }
}

impl Judge for Told {
    fn judge(&self) -> Judgement {
        let said = self.0.load(SeqCst);
        JUDGEMENTS.into_iter().find(|judgement| *judgement as u64 == said).expect("it is one of them")
    }
}

/// A team of `a`, `b` and so on, and the judge of each.
fn judged(rules: Rules, members: usize) -> (Team, Vec<Arc<Told>>) {
    let judges: Vec<Arc<Told>> = (0..members).map(|_| Arc::default()).collect();
    let newcomers = judges.iter().enumerate().map(|(number, judge)| {
        let judge: Arc<dyn Judge> = Arc::clone(judge) as _;
        Newcomer { judges: vec![judge], ..newcomer(&nth(number)) }
    });
    (Team::new(rules, newcomers.collect()), judges)
}

/// How many of these are this one.
fn count(places: &[String], name: &str) -> usize {
    places.iter().filter(|place| *place == name).count()
}
