//! The table of totals: a line for each number, a column for each policy. The best of a line is bold.

use std::fmt::Write as _;
use std::time::Duration;

use super::words::{NOTHING, count, escape, ratio, share, time};
use crate::played::{Played, Totals};

struct Line {
    name: &'static str,
    says: fn(&Played) -> String,
    /// The lower the better; none where no policy is better for it.
    cost: fn(&Totals) -> Option<f64>,
}

const LINES: [Line; 8] = [
    Line {
        name: "good",
        says: |played| part(&played.totals, played.totals.good),
        cost: |totals| Some(-ratio(totals.good, totals.calls)),
    },
    Line { name: "degraded", says: |played| part(&played.totals, played.totals.degraded), cost: |_| None },
    Line {
        name: "failed",
        says: |played| part(&played.totals, played.totals.failed),
        cost: |totals| Some(ratio(totals.failed, totals.calls)),
    },
    Line { name: "p50", says: |played| time(played.totals.p50), cost: |totals| Some(totals.p50.as_secs_f64()) },
    Line { name: "p99", says: |played| time(played.totals.p99), cost: |totals| Some(totals.p99.as_secs_f64()) },
    Line {
        name: "upstream calls a call",
        says: |played| format!("{:.2}", ratio(played.totals.sent, played.totals.calls)),
        cost: |totals| Some(ratio(totals.sent, totals.calls)),
    },
    Line { name: "circuit open for", says: open, cost: |_| None },
    Line {
        name: "mean time to recover",
        says: |played| played.totals.mttr.map_or(NOTHING.to_owned(), time),
        cost: |totals| totals.mttr.as_ref().map(Duration::as_secs_f64),
    },
];

pub(crate) fn table(played: &[Played]) -> String {
    let mut table = "<div class=table><table><thead><tr><th>of all calls".to_owned();
    for played in played {
        _ = write!(table, "<th scope=col>{}", escape(&played.policy));
    }
    table.push_str("<tbody>\n");
    for line in &LINES {
        _ = write!(table, "<tr><th scope=row>{}", line.name);
        for one in played {
            let class = if line.is_best(one, played) { " class=best" } else { "" };
            _ = write!(table, "<td{class}>{}", (line.says)(one));
        }
        table.push('\n');
    }
    table + "</table></div>\n"
}

impl Line {
    /// And some other is worse.
    fn is_best(&self, one: &Played, all: &[Played]) -> bool {
        let Some(cost) = (self.cost)(&one.totals) else { return false };
        let mut others = all.iter().map(|other| (self.cost)(&other.totals).unwrap_or(f64::INFINITY));
        others.clone().all(|other| cost <= other) && others.any(|other| cost < other)
    }
}

fn part(totals: &Totals, part: u64) -> String {
    format!("{} <small>{}</small>", share(part, totals.calls), count(part))
}

fn open(played: &Played) -> String {
    let has_circuit = played.seconds.iter().any(|second| second.phase.is_some());
    if has_circuit { time(played.totals.open) } else { NOTHING.to_owned() }
}
