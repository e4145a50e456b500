//! Which policy won, and by which numbers.

use std::cmp::Ordering;

use super::words::{count, escape, ratio, share};
use crate::played::{Played, Totals};

/// How a winner is found, as the report says it.
pub(crate) const RULE: &str = "The winner has the most good calls less failed ones; among equals, it sent the fewest calls to the \
                               upstream, and then had the lowest p99.";

/// The policy that did best, unless another did equally well.
pub(crate) fn winner(played: &[Played]) -> Option<&Played> {
    match ranked(played).as_slice() {
        [first, second, ..] if order(&first.totals, &second.totals).is_eq() => None,
        ranked => ranked.first().copied(),
    }
}

/// The best first. Equals stay in their order.
fn ranked(played: &[Played]) -> Vec<&Played> {
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
            let totals = &first.totals;
            let those =
                |number: fn(&Totals) -> String| others.iter().map(|other| number(&other.totals)).collect::<Vec<_>>();
            let names =
                others.iter().map(|other| name(other)).zip(those(good)).map(|(name, good)| format!("{name}: {good}"));
            format!(
                "{} won: {} of {} calls were good ({}), {} failed ({}), and it sent {} calls to the upstream for each ({}).",
                name(first),
                good(totals),
                count(totals.calls),
                names.collect::<Vec<_>>().join(", "),
                failed(totals),
                those(failed).join(", "),
                sent(totals),
                those(sent).join(", "),
            )
        }
    }
}

fn numbers(Played { totals, .. }: &Played) -> String {
    let [calls, good, failed, sent] = [count(totals.calls), good(totals), failed(totals), sent(totals)];
    format!("{good} of {calls} calls were good, {failed} failed, and it sent {sent} calls to the upstream for each")
}

fn good(totals: &Totals) -> String {
    share(totals.good, totals.calls)
}

fn failed(totals: &Totals) -> String {
    share(totals.failed, totals.calls)
}

fn sent(totals: &Totals) -> String {
    format!("{:.2}", ratio(totals.sent, totals.calls))
}

fn name(played: &Played) -> String {
    format!("<b>{}</b>", escape(&played.policy))
}
