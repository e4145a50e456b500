//! Claims against the model, whatever happens.

use proptest::prelude::*;
use proptest::sample::Index;

use super::acts::{Act, Fate, acts, settings};
use super::{Change, Flight, Model};
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Transition};
use crate::state::moments::Held;
use crate::state::tests::numbers;
use crate::time::Nanos;

fn same(transition: Option<&Transition>, change: Option<&Change>) -> Result<(), TestCaseError> {
    prop_assert_eq!(transition.is_some(), change.is_some(), "{:?} for {:?}", transition, change);
    if let (Some(transition), Some(change)) = (transition, change) {
        let Transition { from, to, reason, counts, open_for, at: _, number: _ } = *transition;
        prop_assert_eq!((from, to, reason, numbers(counts), open_for), *change);
    }
    Ok(())
}

/// Whether everything that can be seen of the circuit is as the model has it.
fn looks_like(circuit: &Circuit, model: &Model) -> Result<(), TestCaseError> {
    let view = circuit.view(Nanos(model.now));
    prop_assert_eq!((view.phase, view.since), (model.phase, Nanos(model.since)));
    prop_assert_eq!(numbers(view.counts), model.counts());
    if matches!(model.phase, Phase::Closed | Phase::MetricsOnly) && model.rules.consecutive.is_some() {
        prop_assert_eq!(view.counts.consecutive, model.run);
    }
    prop_assert_eq!((view.rejected, view.late), (model.rejected, model.late));
    let left = (model.phase == Phase::Open).then(|| Nanos(model.open_until.saturating_sub(model.now)));
    prop_assert_eq!(view.left, left);
    prop_assert_eq!(circuit.needs_no_service(Nanos(model.now)), model.needs_no_service());
    Ok(())
}

/// A circuit, what its page says, and the calls in flight of both.
struct Both {
    circuit: Circuit,
    model: Model,
    flights: Vec<Call>,
}

/// A call in flight: its entry, the moment that it holds, and what the model has of it.
type Call = (Entry, Held, Flight);

/// What both did.
type Done = Result<(), TestCaseError>;

impl Both {
    fn now(&self) -> Nanos {
        Nanos(self.model.now)
    }

    fn enter(&mut self) -> Done {
        let (entered, change) = self.model.enter();
        let (got, transition) = self.circuit.enter(self.now());
        prop_assert_eq!(got.err(), entered.err());
        self.flights.extend(got.ok().zip(entered.ok()).map(|(entry, flight)| (entry, Held::NOT_YET, flight)));
        same(transition.as_ref(), change.as_ref())
    }

    fn call(&mut self, index: Index, fate: Fate) -> Done {
        if self.flights.is_empty() {
            return Ok(());
        }
        let index = index.index(self.flights.len());
        match fate {
            Fate::Mark => return self.mark(index),
            Fate::Poll => {
                self.poll(index);
                return Ok(());
            }
            _ => {}
        }
        let call = self.flights.swap_remove(index);
        self.unmark(call)?.map_or(Ok(()), |call| self.end(call, fate))
    }

    fn poll(&mut self, index: usize) {
        let now = self.model.now;
        let (entry, _, flight) = &mut self.flights[index];
        entry.start(Nanos(now));
        flight.started.get_or_insert(now);
    }

    fn mark(&mut self, index: usize) -> Done {
        let (entry, held, flight) = &mut self.flights[index];
        if *held == Held::NOT_YET && flight.streams_until.is_none() && flight.started.is_some() {
            self.model.mark_streaming(flight);
            prop_assert_eq!(self.circuit.mark_streaming(*entry), flight.streams_until.is_some());
            let until = self.circuit.streams_until(*entry);
            prop_assert!(flight.streams_until.is_none_or(|streams_until| Nanos(streams_until) == until));
            if flight.streams_until.is_none() {
                *held = self.circuit.hold_moment(*entry);
                self.model.hold_moment(flight);
                prop_assert_eq!(*held == Held::FOR_EVER, flight.moment.is_none());
            }
        }
        Ok(())
    }

    /// Takes back that a call streams, where it is marked; gives the call if it was not counted.
    fn unmark(&mut self, (entry, held, flight): Call) -> Result<Option<Call>, TestCaseError> {
        let Some(until) = flight.streams_until else { return Ok(Some((entry, held, flight))) };
        let (uncounted, transition) = self.circuit.unmark(entry, self.now());
        let (left, change) = self.model.unmark(flight, until);
        prop_assert_eq!(uncounted, left);
        same(transition.as_ref(), change.as_ref())?;
        Ok(left.then_some((entry, held, Flight { streams_until: None, ..flight })))
    }

    fn end(&mut self, (entry, held, flight): Call, fate: Fate) -> Done {
        let (now, circuit, model) = (self.now(), &self.circuit, &mut self.model);
        let exit = match fate {
            Fate::End(outcome, is_repeat) => Exit::settled(outcome, is_repeat),
            Fate::TimeOut(limit, is_repeat) => Exit::TimedOut { limit: Nanos(limit), is_repeat },
            Fate::Abandon => Exit::Abandoned,
            Fate::Refuse => Exit::Unsent,
            Fate::Poll | Fate::Mark | Fate::Unmark => {
                self.flights.push((entry, held, flight));
                return Ok(());
            }
        };
        let (transition, change) = if held == Held::NOT_YET {
            (circuit.exit(entry, exit, now), model.exit(flight, exit))
        } else {
            (circuit.exit_stream(entry, held, exit, now), model.exit_stream(flight, exit))
        };
        if let Fate::Refuse = fate {
            circuit.count_rejected();
            model.rejected += 1;
        }
        same(transition.as_ref(), change.as_ref())
    }

    fn act(&mut self, act: Act) -> Done {
        let (now, circuit, model) = (self.now(), &self.circuit, &mut self.model);
        let (transition, change) = match act {
            Act::Enter => return self.enter(),
            Act::Call(index, fate) => return self.call(index, fate),
            Act::Look => (circuit.catch_up(now), model.catch_up()),
            Act::Force(phase) => (circuit.force(phase, now), model.force(phase)),
            Act::Reset => (circuit.reset(now), model.reset()),
            Act::Wait(time) => {
                model.now = model.now.saturating_add(time);
                (None, None)
            }
        };
        same(transition.as_ref(), change.as_ref())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_circuit_does_what_its_page_says((rules, span) in settings(), acts in acts()) {
        let circuit = Circuit::over(rules, span.window(rules.min_calls));
        let mut both = Both { circuit, model: Model::new(rules, span), flights: Vec::new() };
        for act in acts {
            both.act(act)?;
            looks_like(&both.circuit, &both.model)?;
        }
    }
}
