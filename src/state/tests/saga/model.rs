//! Sagas of all forms, with every way in which steps end and processes die, beside a list of what was done.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::state::saga::{Course, End, Failure, Next, Plan, Standing, Unknown};

/// What comes of the next step or compensation.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Succeeds,
    IsRejected,
    Fails,
    /// It succeeds, and its end is not written.
    Unwritten,
    /// The process dies before it, and another resumes.
    DiesBefore,
    /// The process dies after it.
    DiesAfter,
    /// Its time is over.
    IsLeft,
}

/// The places, and whether the last step of one of them is the pivot.
fn plans() -> impl Strategy<Value = Plan> {
    (prop::collection::vec(1..4_usize, 1..5), prop::option::of(0..4_usize)).prop_map(|(places, pivot)| {
        let mut plan = Plan::default();
        for (number, mut steps) in places.into_iter().enumerate() {
            let is_pivot = pivot == Some(number);
            steps = if is_pivot { 1 } else { steps };
            plan.add(steps);
            if is_pivot {
                plan.set_pivot();
            }
        }
        plan
    })
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        6 => Just(Fate::Succeeds),
        1 => Just(Fate::IsRejected),
        1 => Just(Fate::Fails),
        1 => Just(Fate::Unwritten),
        1 => Just(Fate::DiesBefore),
        1 => Just(Fate::DiesAfter),
        1 => Just(Fate::IsLeft),
    ];
    prop::collection::vec(fate, 0..24)
}

/// A saga, the log that outlives its processes, and what was done outside.
struct World {
    plan: Plan,
    unknown: Unknown,
    now: Standing,
    log: Standing,
    /// Those that may be done and are not undone.
    effects: BTreeSet<usize>,
    /// Every compensation that ran, in order.
    undone: Vec<usize>,
}

impl World {
    fn new(plan: Plan, unknown: Unknown) -> Self {
        let now = Standing::new(&plan);
        Self { log: now.clone(), now, unknown, effects: BTreeSet::new(), undone: Vec::new(), plan }
    }

    fn write(&mut self) {
        self.log = self.now.clone();
    }

    fn die(&mut self) {
        self.now = self.log.clone();
        // What a dead process had begun may be done.
        if let (Course::Forward, Next::Run(steps)) = (self.now.course, self.now.next(&self.plan)) {
            self.effects.extend(steps);
        }
        self.now.resume(self.unknown, &self.plan);
        self.write();
    }

    /// Runs the steps of a place. A process that dies leaves the rest of them.
    fn run(&mut self, steps: Vec<usize>, fates: &mut impl Iterator<Item = Fate>) {
        for step in steps {
            assert!(self.undone.is_empty(), "a step ran after a compensation");
            let (fate, plan) = (fates.next().unwrap_or(Fate::Succeeds), &self.plan);
            match fate {
                Fate::DiesBefore => return self.die(),
                Fate::IsRejected => self.now.fail(step, Failure::NotSent, plan),
                _ => {
                    self.effects.insert(step);
                    match fate {
                        Fate::DiesAfter => return self.die(),
                        Fate::Fails => self.now.fail(step, Failure::Unclear, plan),
                        Fate::IsLeft if !plan.goes_back(step) => self.now.leave(step),
                        Fate::Unwritten if plan.is_undoable(step) => {
                            self.now.succeed(step, plan);
                            self.now.lose(step, plan);
                        }
                        _ => {
                            self.now.succeed(step, plan);
                            self.write();
                        }
                    }
                }
            }
        }
        self.write();
    }

    fn undo(&mut self, step: usize, fate: Fate) {
        match fate {
            Fate::DiesBefore => return self.die(),
            Fate::IsLeft => self.now.leave(step),
            _ => {
                self.undone.push(step);
                self.effects.remove(&step);
                if matches!(fate, Fate::DiesAfter) {
                    return self.die();
                }
                self.now.undo(step);
            }
        }
        // A write that fails is made up for by the next.
        if !matches!(fate, Fate::Unwritten) || matches!(self.now.next(&self.plan), Next::Ended(_)) {
            self.write();
        }
    }

    fn until_the_end(&mut self, fates: Vec<Fate>) -> End {
        let most = fates.len() + 3 * self.plan.steps() + 1;
        let mut fates = fates.into_iter();
        for _ in 0..most {
            match self.now.next(&self.plan) {
                Next::Run(steps) => self.run(steps, &mut fates),
                Next::Undo(step) => self.undo(step, fates.next().unwrap_or(Fate::Succeeds)),
                Next::Ended(end) => return end,
            }
        }
        panic!("no end after {most} steps and compensations");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_history_ends_with_all_done_or_all_undone_or_a_list(plan in plans(), redo: bool, fates in fates()) {
        let unknown = if redo { Unknown::Redo } else { Unknown::Compensate };
        let mut world = World::new(plan, unknown);
        let end = world.until_the_end(fates);
        prop_assert_eq!(&world.now, &world.log, "the end is written");
        let left: BTreeSet<_> = world.now.uncompensated().collect();
        match end {
            End::Done => {
                prop_assert_eq!(world.effects.len(), world.plan.steps());
                prop_assert!(world.undone.is_empty());
            }
            End::Undone => prop_assert!(world.effects.is_empty() && left.is_empty(), "{:?}", world.effects),
            End::Stuck => prop_assert!(!left.is_empty() && world.effects.is_subset(&left), "{:?}", world.effects),
        }
    }

    #[test]
    fn compensations_run_in_reverse_order(plan in plans(), fates in fates()) {
        let mut world = World::new(plan, Unknown::Redo);
        world.until_the_end(fates);
        // What a dead process has compensated is compensated again, with all that was not written.
        world.undone.dedup();
        let mut ever = BTreeSet::new();
        let firsts: Vec<_> = world.undone.iter().filter(|&&step| ever.insert(step)).collect();
        prop_assert!(firsts.is_sorted_by(|a, b| a > b), "{:?}", world.undone);
    }

    #[test]
    fn only_steps_before_the_pivot_are_compensated(plan in plans(), fates in fates()) {
        let mut world = World::new(plan, Unknown::Compensate);
        world.until_the_end(fates);
        prop_assert!(world.undone.iter().all(|&step| world.plan.is_undoable(step)));
    }

    #[test]
    fn a_stuck_saga_that_is_retried_ends(plan in plans(), fates in fates()) {
        let mut world = World::new(plan, Unknown::Redo);
        if world.until_the_end(fates) == End::Stuck {
            world.now.retry(&world.plan);
            world.write();
            let can_be_undone = |step| world.plan.is_undoable(step) || world.now.course == Course::Forward;
            let left: Vec<_> = world.now.uncompensated().filter(|&step| !can_be_undone(step)).collect();
            let end = world.until_the_end(Vec::new());
            prop_assert_eq!(end == End::Stuck, !left.is_empty());
        }
    }
}
