//! Events of the attempts of a call: of retries and of hedges.

use tracing::{debug, field};

use crate::error::Chain;
use crate::event::Event;

pub(super) fn of_attempts(name: &'static str, event: &Event<'_>) {
    match *event {
        Event::Retrying { attempt, delay, outcome, error } => {
            let (outcome, error) = (outcome.as_str(), error.map(|error| field::display(Chain(error))));
            debug!(target: "palisade::retry", name, attempt, ?delay, outcome, error, "retrying");
        }
        Event::Stopped { attempt, reason, rejection } => {
            let rejection = rejection.map(field::display);
            debug!(target: "palisade::retry", name, attempt, reason, rejection, "stopped retrying");
        }
        Event::Hedging { attempt, in_flight } => {
            debug!(target: "palisade::hedge", name, attempt, in_flight, "hedging");
        }
        Event::HedgeWithheld { attempt, reason } => {
            debug!(target: "palisade::hedge", name, attempt, reason, "hedge withheld");
        }
        Event::HedgeWon { attempt } => debug!(target: "palisade::hedge", name, attempt, "hedge won"),
        _ => {}
    }
}
