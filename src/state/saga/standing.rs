//! How a saga stands.

use std::ops::Range;

use super::mark::{Happening, Mark};
use super::plan::Plan;

/// Which way a saga goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    Forward,
    Back,
}

/// How a saga stands, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) course: Course,
    /// Those of the steps, by their numbers.
    pub(crate) marks: Vec<Mark>,
}

/// What a saga does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Run these steps at the same time. That they have begun is written.
    Run(Vec<usize>),
    /// Compensate this step.
    Undo(usize),
    Ended(End),
}

/// How a saga has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All steps are done.
    Done,
    /// None is.
    Undone,
    /// It goes on only by hand.
    Stuck,
}

/// What a failed step has left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing: this time nothing was sent.
    NotSent,
    /// It may have been done.
    Unclear,
}

/// What becomes of a step whose end is unknown, because the process that ran it is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It is done again.
    #[default]
    Redo,
    /// It is compensated, and all before it.
    Compensate,
}

impl Standing {
    /// That of a saga whose first place begins.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut new = Self { course: Course::Forward, marks: vec![Mark::Waiting; plan.steps()] };
        new.begin(plan.places().first());
        new
    }

    /// The state diagram of a saga.
    pub(crate) fn next(&self, plan: &Plan) -> Next {
        match (self.course, self.unfinished(plan), self.to_undo(plan)) {
            (Course::Forward, None, _) => Next::Ended(End::Done),
            (Course::Forward, Some(_), _) if self.has_left() => Next::Ended(End::Stuck),
            (Course::Forward, Some(place), _) => Next::Run(place.filter(|&step| !self.is(step, Mark::Done)).collect()),
            (Course::Back, _, Some(step)) => Next::Undo(step),
            (Course::Back, _, None) if self.has_left() => Next::Ended(End::Stuck),
            (Course::Back, _, None) => Next::Ended(End::Undone),
        }
    }

    /// A step has succeeded. Where it was the last one at its place, the next place begins.
    pub(crate) fn succeed(&mut self, step: usize, plan: &Plan) {
        self.happen(step, Happening::Succeeds);
        if let (Course::Forward, Some(next)) = (self.course, self.unfinished(plan)) {
            self.begin(Some(&next));
        }
    }

    /// A step has failed. Up to the pivot the saga goes back; after it the step is done again.
    pub(crate) fn fail(&mut self, step: usize, failure: Failure, plan: &Plan) {
        if !plan.goes_back(step) {
            return self.happen(step, Happening::Repeats);
        }
        self.course = Course::Back;
        self.happen(step, if failure == Failure::NotSent { Happening::IsRejected } else { Happening::Fails });
        if self.is(step, Mark::Unclear) && !plan.is_undoable(step) {
            self.marks[step] = Mark::Left;
        }
    }

    /// The end of a step could not be written: it is unknown, and what would have come next has not begun.
    pub(crate) fn lose(&mut self, step: usize, plan: &Plan) {
        self.fail(step, Failure::Unclear, plan);
        let is_here = |place: &&Range<usize>| place.contains(&step);
        let here = plan.places().iter().find(is_here).map_or(0, |place| place.end);
        (here..plan.steps()).for_each(|later| self.happen(later, Happening::IsRejected));
    }

    /// A step was compensated.
    pub(crate) fn undo(&mut self, step: usize) {
        self.happen(step, Happening::IsUndone);
    }

    /// The time of a step is over: to be compensated, or after the pivot to be done.
    pub(crate) fn leave(&mut self, step: usize) {
        self.happen(step, Happening::IsLeft);
    }

    /// The process that ran it is gone, and another goes on. Returns the step that made it turn back, if one did.
    pub(crate) fn resume(&mut self, unknown: Unknown, plan: &Plan) -> Option<usize> {
        if self.course == Course::Back {
            return None;
        }
        let place = self.unfinished(plan)?;
        for step in place.clone().filter(|&step| !self.is(step, Mark::Left)).collect::<Vec<_>>() {
            self.happen(step, Happening::Repeats);
        }
        if unknown == Unknown::Redo || !place.clone().all(|step| plan.is_undoable(step)) {
            return None;
        }
        let step = place.rev().find(|&step| self.is(step, Mark::Unknown))?;
        self.fail(step, Failure::Unclear, plan);
        Some(step)
    }

    /// Somebody lets a stuck saga go on: what was left is tried again.
    pub(crate) fn retry(&mut self, plan: &Plan) {
        let is_forward = self.course == Course::Forward;
        for step in (0..plan.steps()).filter(|&step| is_forward || plan.is_undoable(step)) {
            if self.is(step, Mark::Left) {
                self.happen(step, if is_forward { Happening::Repeats } else { Happening::Fails });
            }
        }
    }

    /// Those that were compensated, in that order.
    pub(crate) fn compensated(&self) -> impl Iterator<Item = usize> {
        self.back().filter(|&step| self.is(step, Mark::Undone))
    }

    /// Those that may be done and are not undone, in the order in which they would be.
    pub(crate) fn uncompensated(&self) -> impl Iterator<Item = usize> {
        self.back().filter(|&step| self.marks[step].may_be_done())
    }

    fn back(&self) -> impl Iterator<Item = usize> {
        (0..self.marks.len()).rev()
    }

    /// The first place where a step is not done.
    fn unfinished(&self, plan: &Plan) -> Option<Range<usize>> {
        let is_done = |place: &Range<usize>| place.clone().all(|step| self.is(step, Mark::Done));
        plan.places().iter().find(|place| !is_done(place)).cloned()
    }

    /// The last step that can be compensated and is to be.
    fn to_undo(&self, plan: &Plan) -> Option<usize> {
        let is_due = |&step: &usize| self.marks[step].may_be_done() && !self.is(step, Mark::Left);
        self.back().filter(is_due).find(|&step| plan.is_undoable(step))
    }

    fn has_left(&self) -> bool {
        self.marks.contains(&Mark::Left)
    }

    fn is(&self, step: usize, mark: Mark) -> bool {
        self.marks[step] == mark
    }

    fn begin(&mut self, place: Option<&Range<usize>>) {
        place.into_iter().flat_map(Range::clone).for_each(|step| self.happen(step, Happening::Begins));
    }

    fn happen(&mut self, step: usize, happening: Happening) {
        self.marks[step] = self.marks[step].after(happening);
    }
}
