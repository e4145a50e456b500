//! Gathers what instances have told, by the clock on the wall.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::timeline::{Failure, Happening, Timeline};
use crate::event::{Told, What};
use crate::source::Source;
use crate::state::history::{Counted, Failed, Record};
use crate::time::{AsMoment, Nanos, Now, wall_clock};

/// A timeline as it is gathered.
#[derive(Debug)]
pub(crate) struct Story {
    timeline: Timeline,
    /// The most happenings, and the most failures, that it keeps: the last ones.
    most: usize,
    has_failures: bool,
    /// What happened before cannot be among the last ones any more.
    since: SystemTime,
    /// How many happenings there were between the two moments.
    happened: usize,
    /// The same moment by both clocks.
    wall: SystemTime,
    now: Nanos,
}

impl Story {
    pub(super) fn new(from: SystemTime, to: SystemTime) -> Self {
        let timeline = Timeline { from, to, failures: Vec::new(), happenings: Vec::new(), left_out: 0 };
        let (wall, now) = (wall_clock(), AsMoment.now());
        Self { timeline, most: Timeline::CAPACITY, has_failures: true, since: from, happened: 0, wall, now }
    }

    /// One of the last happenings only.
    #[cfg(feature = "page")]
    pub(crate) fn of_last(most: usize, from: SystemTime, to: SystemTime) -> Self {
        Self { most, has_failures: false, ..Self::new(from, to) }
    }

    /// Adds what an instance has told, whose calls came to so much harm until now.
    pub(crate) fn add(&mut self, source: Source<'_>, told: &Told, counted: impl FnOnce() -> Counted) {
        told.look(|history| {
            self.add_happenings(source, history.records());
            if self.has_failures {
                history.failures(counted(), self.now).iter().for_each(|failed| self.add_failure(source, failed));
            }
        });
        if self.timeline.happenings.len().max(self.timeline.failures.len()) >= 2 * self.most {
            self.trim();
        }
    }

    /// Adds those that may be among the last ones.
    fn add_happenings(&mut self, source: Source<'_>, records: &VecDeque<Record<What>>) {
        let before = |moment: SystemTime| records.partition_point(|record| self.at(record.at) < moment);
        let end = records.partition_point(|record| self.at(record.at) <= self.timeline.to);
        let (begin, since) = (before(self.timeline.from).min(end), before(self.since).min(end));
        self.happened += end - begin;
        for Record { at, what, .. } in records.range(since.max(end.saturating_sub(self.most))..end) {
            self.timeline.happenings.push(Happening::of(source, self.at(*at), what.clone()));
        }
    }

    fn add_failure(&mut self, source: Source<'_>, failed: &Failed<'_, What>) {
        let (began, ended) = (self.at(failed.began), failed.ended.map(|ended| self.at(ended)));
        let Timeline { from, to, .. } = self.timeline;
        let is_inside = began.max(from) <= ended.map_or(to, |ended| ended.min(to));
        let Some(reason) = failed.what.why_it_fails().filter(|_| is_inside) else { return };
        let (kind, name, key) = (source.kind(), source.name(), source.key().map(str::to_owned));
        let lasted = failed.lasted.into();
        let Counted { rejected, degraded, lost } = failed.counted;
        let failure = Failure { kind, name, key, began, ended, lasted, reason, rejected, degraded, lost };
        self.timeline.failures.push(failure);
    }

    fn at(&self, moment: Nanos) -> SystemTime {
        let age: Duration = self.now.saturating_sub(moment).into();
        self.wall.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Puts all in order, and leaves out the first where there are too many.
    fn trim(&mut self) {
        let Self { timeline: Timeline { happenings, failures, .. }, most, since, .. } = self;
        happenings.sort_by_key(|happening| happening.at);
        failures.sort_by_key(|failure| failure.began);
        if happenings.len() >= *most {
            keep_last(*most, happenings);
            *since = happenings.first().map_or(*since, |first| first.at);
        }
        keep_last(*most, failures);
    }

    pub(crate) fn timeline(mut self) -> Timeline {
        self.trim();
        let left_out = self.happened - self.timeline.happenings.len();
        Timeline { left_out, ..self.timeline }
    }
}

fn keep_last<T>(most: usize, list: &mut Vec<T>) {
    drop(list.drain(..list.len().saturating_sub(most)));
}

impl Happening {
    fn of(source: Source<'_>, at: SystemTime, what: What) -> Self {
        let key = match &what {
            What::Steered { key, .. } => key.clone(),
            _ => source.key().map(str::to_owned),
        };
        Self { at, kind: source.kind(), name: source.name(), key, what }
    }
}
