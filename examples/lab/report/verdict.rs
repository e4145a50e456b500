//! Which policy won, and by which numbers.

use super::words::{count, escape, ratio, share};
use crate::played::{Played, Totals};
use crate::ranking::{order, ranked};

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
