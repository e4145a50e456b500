//! The table of totals: a line for each policy, and a column for each number. The best of a column is bold.

use std::fmt::Write as _;

use super::words::{NOTHING, count, escape, ratio, share, time};
use crate::played::{Played, Totals, is_down};

struct Column {
    name: &'static str,
    says: fn(&Played) -> String,
    /// The lower the better, as exact as it is shown; none where no policy is better for it.
    cost: fn(&Totals) -> Option<f64>,
}

const COLUMNS: [Column; 9] = [
    Column {
        name: "good",
        says: |played| part(played.totals.good, played.totals.calls),
        cost: |totals| Some(-(1e3 * ratio(totals.good, totals.calls)).round()),
    },
    Column { name: "degraded", says: |played| part(played.totals.degraded, played.totals.calls), cost: |_| None },
    Column {
        name: "failed",
        says: |played| part(played.totals.failed, played.totals.calls),
        cost: |totals| Some((1e3 * ratio(totals.failed, totals.calls)).round()),
    },
    Column {
        name: "p50",
        says: |played| answered(&played.totals).map_or(NOTHING.to_owned(), |totals| time(totals.p50)),
        cost: |totals| answered(totals).map(|totals| totals.p50.as_secs_f64()),
    },
    Column {
        name: "p99",
        says: |played| answered(&played.totals).map_or(NOTHING.to_owned(), |totals| time(totals.p99)),
        cost: |totals| answered(totals).map(|totals| totals.p99.as_secs_f64()),
    },
    Column {
        name: "upstream calls a call",
        says: |played| format!("{:.2}", ratio(played.totals.sent, played.totals.calls)),
        cost: |totals| Some((1e2 * ratio(totals.sent, totals.calls)).round()),
    },
    Column {
        name: "of them in vain",
        says: |Played { totals, .. }| part(totals.sent.saturating_sub(totals.good), totals.sent),
        cost: |_| None,
    },
    Column { name: "circuit open for", says: open, cost: |_| None },
    Column {
        name: "mean time to recover",
        says: recovery,
        cost: |totals| Some(totals.mttr.unwrap_or_default().as_secs_f64()),
    },
];

pub(crate) fn table(played: &[Played]) -> String {
    let mut table = "<div class=table tabindex=0><table>\n<tr><th>policy".to_owned();
    for column in &COLUMNS {
        _ = write!(table, "<th scope=col>{}", column.name);
    }
    for one in played {
        _ = write!(table, "\n<tr><th scope=row>{}", escape(&one.policy));
        for column in &COLUMNS {
            let class = if column.is_best(one, played) { " class=best" } else { "" };
            _ = write!(table, "<td{class}>{}", (column.says)(one));
        }
    }
    table + "\n</table></div>\n"
}

impl Column {
    /// And some other is worse.
    fn is_best(&self, one: &Played, all: &[Played]) -> bool {
        let Some(cost) = (self.cost)(&one.totals) else { return false };
        let mut others = all.iter().map(|other| (self.cost)(&other.totals).unwrap_or(f64::INFINITY));
        others.clone().all(|other| cost <= other) && others.any(|other| cost < other)
    }
}

fn part(part: u64, whole: u64) -> String {
    format!("{} <small>{}</small>", share(part, whole), count(part))
}

/// Where no call was answered, there is no latency.
fn answered(totals: &Totals) -> Option<&Totals> {
    (totals.good + totals.degraded > 0).then_some(totals)
}

fn recovery(played: &Played) -> String {
    let more = if is_down(&played.seconds) { "&gt; " } else { "" };
    played.totals.mttr.map_or("no outage".to_owned(), |mean| format!("{more}{}", time(mean)))
}

fn open(played: &Played) -> String {
    if played.phases.is_empty() { NOTHING.to_owned() } else { time(played.totals.open) }
}
