//! Where the values of metrics stand: the words of tallies, and gauges.

use super::reading::Reading;
use super::row::{ANSWERS, Row};
use super::sums::Gauges;
use crate::error::{By, RejectionReason};
use crate::source::Kind;
use crate::state::attempts::{FIRST_STOP, Stop};
use crate::state::cache::counted::EVICTED;
use crate::state::chaos::counted::{Found, SPARED};
use crate::state::circuit::counted::{FIRST_STEP, STEPS, Step, steps};
use crate::state::criticality::Criticality;
use crate::state::degradation::PANICS;
use crate::state::flights::Passage;
use crate::state::hedge::counted::Withheld;
use crate::state::letters::counted::Parked;
use crate::state::objective::Call;
use crate::state::permits::counted::{Change, rejected};
use crate::state::phi::SUSPICIONS;
use crate::state::rehearsals::Rehearsed;
use crate::state::replicas::PassedOver;
use crate::state::saga::End;
use crate::state::tally::WORDS;
use crate::state::throttle::counted::Ended;
use crate::state::verdict::{DRAINS, Level};
use crate::state::{bucket, calls};

/// Where the value of a sample stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Word(usize),
    /// So many words, each a step after the one before, added up.
    Words {
        first: usize,
        step: usize,
        count: usize,
    },
    /// Zero where no instance adds to it.
    Gauge(&'static str),
    /// Absent where no instance adds to it.
    Known(&'static str),
    /// The one gauge by the other.
    Share(&'static str, &'static str),
    /// The times of the calls that ended so.
    Times(calls::Ended),
}

impl At {
    /// The value of a row, whose instances have these gauges if there are any.
    pub(super) fn reading(self, row: &Row, gauges: Option<&Gauges>) -> Option<Reading> {
        match self {
            Self::Word(word) => Some(Reading::Count(row.total(word))),
            Self::Words { first, step, count } => {
                Some(Reading::Count((first..).step_by(step).take(count).map(|word| row.total(word)).sum()))
            }
            Self::Gauge(gauge) => gauges.map(|gauges| Reading::Level(gauges.get(gauge).unwrap_or(0.0))),
            Self::Known(gauge) => gauges?.get(gauge).map(Reading::Level),
            Self::Share(gauge, of) => gauges?.share(gauge, of).map(Reading::Level),
            Self::Times(ended) => Some(Reading::Histogram(row.times(ended))),
        }
    }

    /// The gauge that it shows as it is.
    pub(super) const fn gauge(self) -> Option<&'static str> {
        if let Self::Gauge(gauge) = self { Some(gauge) } else { None }
    }
}

/// Where the values of a metric stand, each with those of its labels.
pub(super) type Cells = Vec<(At, Vec<&'static str>)>;

/// What becomes of a call for whose key there is no room.
pub(super) const NO_ROOM: [&str; 2] = ["passed", "rejected"];

/// Each kind has room for all its words in a tally, which would count one that is past its end as another.
const _: () = {
    assert!(FIRST_STEP + STEPS <= WORDS, "a circuit");
    assert!(Change::Adapted.word() < WORDS, "a bulkhead");
    assert!(bucket::SHUT < WORDS, "a rate limit");
    assert!(FIRST_STOP + Stop::TOLD.len() <= WORDS, "a retry");
    assert!(Withheld::Budget.word() < WORDS, "a hedge");
    assert!(By::ENDS.len() <= WORDS, "a timeout");
    assert!(ANSWERS.len() < Rehearsed::Answered.word() && Rehearsed::Unfinished.word() < WORDS, "a fallback");
    assert!(EVICTED < WORDS, "a cache");
    assert!(Parked::ByHand.word() < WORDS, "dead letters");
    assert!(Criticality::COUNT <= WORDS, "a criticality");
    assert!(NO_ROOM.len() <= WORDS, "a layer per key");
    assert!(DRAINS < WORDS, "a health");
    assert!(Level::Unhealthy.result_word() < WORDS && Level::Unhealthy.change_word() < WORDS, "a health check");
    assert!(SUSPICIONS < WORDS, "heartbeats");
    assert!(PassedOver::NotThere.word() < WORDS, "replicas");
    assert!(Call::DEGRADED < WORDS, "an objective");
    assert!(Passage::Alone.word() < WORDS, "calls that are shared");
    assert!(End::Stuck.word() < WORDS, "sagas");
    assert!(SPARED < WORDS, "chaos");
    assert!(Found::Aborted.word() < WORDS, "an experiment");
    assert!(Ended::Uncounted.word() < WORDS, "a throttle");
    assert!(PANICS < WORDS, "a degradation");
    assert!(RejectionReason::ALL.len() <= WORDS, "a feature");
};

/// A cell for each value of a label, at the words from `first` on.
pub(super) fn words_of(values: impl IntoIterator<Item = &'static str>, first: usize) -> Cells {
    values.into_iter().enumerate().map(|(number, value)| (At::Word(first + number), vec![value])).collect()
}

/// A cell for each value of a label, at the gauge of this name.
pub(super) fn gauges(values: impl IntoIterator<Item = &'static str>) -> Cells {
    values.into_iter().map(|value| (At::Gauge(value), vec![value])).collect()
}

/// The one cell of a metric without labels of its own.
pub(super) fn one(at: At) -> Cells {
    vec![(at, Vec::new())]
}

/// A cell for each reason to reject that a kind has.
pub(super) fn reasons(kind: Kind) -> Cells {
    let reasons = RejectionReason::ALL.iter().filter(|reason| reason.kind() == kind);
    reasons.map(|&reason| (At::Word(reason as usize), vec![reason.as_str()])).collect()
}

/// A cell for each reason to reject that a bulkhead has.
pub(super) fn of_all_classes() -> Cells {
    let all =
        |reason| At::Words { first: rejected(reason, Criticality::Sheddable), step: 1, count: Criticality::COUNT };
    let reasons = RejectionReason::ALL.iter().filter(|reason| reason.kind() == Kind::Bulkhead);
    reasons.map(|&reason| (all(reason), vec![reason.as_str()])).collect()
}

/// A cell for each class of calls that a bulkhead rejects.
pub(super) fn of_all_reasons() -> Cells {
    let count = RejectionReason::ALL.len();
    let all = |class| At::Words { first: class as usize, step: Criticality::COUNT, count };
    Criticality::IN_ORDER.map(|class| (all(class), vec![class.as_str()])).into()
}

/// A cell for each class of calls, each at its own word.
pub(super) fn classes() -> Cells {
    Criticality::IN_ORDER.map(|class| (At::Word(class as usize), vec![class.as_str()])).into()
}

/// A cell for each way in which a measured call ends.
pub(super) fn times() -> Cells {
    calls::Ended::ALL.map(|ended| (At::Times(ended), vec![ended.as_str()])).into()
}

pub(super) fn transitions() -> Cells {
    let words = |(from, to, reason): Step| vec![from.as_str(), to.as_str(), reason.as_str()];
    steps().enumerate().map(|(number, step)| (At::Word(FIRST_STEP + number), words(step))).collect()
}
