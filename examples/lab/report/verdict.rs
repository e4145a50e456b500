//! Which policy won, and by which numbers.

use std::cmp::Ordering;

use super::words::{count, escape, ratio, share};
use crate::played::{Played, Totals};

/// How a winner is found, as the report says it.
pub(crate) const RULE: &str = "The winner has the most good calls less failed ones; among equals, it sent the fewest calls to the \
                               upstream, and then had the lowest p99.";

/// The best first. Equals stay in their order.
pub(crate) fn ranked(played: &[Played]) -> Vec<&Played> {
    let mut ranked: Vec<_> = played.iter().collect();
    ranked.sort_by(|a, b| order(&a.totals, &b.totals));
    ranked
}

/// The better one is less.
fn order(a: &Totals, b: &Totals) -> Ordering {
    let gain = |totals: &Totals| i128::from(totals.good) - i128::from(totals.failed);
    gain(b).cmp(&gain(a)).then(a.sent.cmp(&b.sent)).then(a.p99.cmp(&b.p99))
}

/// One sentence, as HTML.
pub(crate) fn sentence(played: &[Played]) -> String {
    match ranked(played).as_slice() {
        [] => "No policy was played.".to_owned(),
        [first, ..] if first.totals.calls == 0 => "No call arrived.".to_owned(),
        [only] => format!("Under {}, {}.", name(only), numbers(only)),
        [first, second, ..] if order(&first.totals, &second.totals).is_eq() => {
            format!("{} and {} did equally well: {}.", name(first), name(second), numbers(first))
        }
        [first, others @ ..] => {
            let others: Vec<_> = others.iter().map(|other| against(other)).collect();
            format!("{} won: {}, against {}.", name(first), numbers(first), others.join(", and "))
        }
    }
}

fn numbers(Played { totals, .. }: &Played) -> String {
    let [good, failed] = [totals.good, totals.failed].map(|part| share(part, totals.calls));
    format!(
        "of {} calls {good} were good and {failed} failed, with {:.2} calls to the upstream for each",
        count(totals.calls),
        ratio(totals.sent, totals.calls)
    )
}

fn against(played: &Played) -> String {
    let totals = &played.totals;
    let [good, failed] = [totals.good, totals.failed].map(|part| share(part, totals.calls));
    format!("{good} good, {failed} failed and {:.2} under {}", ratio(totals.sent, totals.calls), name(played))
}

fn name(played: &Played) -> String {
    format!("<b>{}</b>", escape(&played.policy))
}
