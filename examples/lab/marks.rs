//! The spells of the upstream service, as marks of the report.

use std::time::Duration;

use crate::report::Mark;
use crate::report::words::time;
use crate::upstream::work::Work;
use crate::upstream::{Spell, Trouble};

/// A mark for each time that a spell comes until the trace ends, in their order.
pub(crate) fn marks(spells: &[Spell], end: Duration) -> Vec<Mark> {
    let mut marks: Vec<_> = spells.iter().flat_map(|spell| times(spell, end)).collect();
    marks.sort_by_key(|mark| (mark.from, mark.to));
    marks
}

fn times(spell: &Spell, end: Duration) -> impl Iterator<Item = Mark> {
    let first = Some(spell.from.0).filter(|from| *from < end);
    // A picture shows seconds. What comes again within one is there all the time.
    let is_steady = spell.every.is_some_and(|every| every.0 < Duration::from_secs(1));
    let again = spell.every.filter(|_| !is_steady);
    let begins = std::iter::successors(first, move |from| from.checked_add(again?.0).filter(|from| *from < end));
    let lasts = spell.to.filter(|_| !is_steady).map_or(Duration::MAX, |to| to.0.saturating_sub(spell.from.0));
    let what = what(spell);
    begins.map(move |from| Mark { what: what.clone(), from, to: from.saturating_add(lasts).min(end) })
}

fn what(spell: &Spell) -> String {
    let it = match &spell.it {
        Trouble::Refuses => "down".to_owned(),
        Trouble::Hangs => "hangs".to_owned(),
        Trouble::Stalls => "stalls".to_owned(),
        Trouble::Fails(share) => format!("{} % fail", share * 100.0),
        Trouble::IsSlower(factor) => format!("{factor} times slower"),
        Trouble::Works(Work::Constant(span)) => format!("takes {}", time(span.0)),
        Trouble::Works(Work::Exponential(mean)) => format!("takes {} on average", time(mean.0)),
        Trouble::Works(Work::Quantiles(_)) => "takes another time".to_owned(),
    };
    spell.share.map_or(it.clone(), |share| format!("{it} for {} %", share * 100.0))
}
