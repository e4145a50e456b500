//! Claims against the model, whatever happens.

use proptest::{prelude::*, sample::Index};

use super::{
    Change, Model,
    acts::{Act, acts, settings},
};
use crate::{
    state::{
        circuit::{Circuit, Phase, Transition},
        counts::Counts,
    },
    time::Nanos,
};

fn same(transition: Option<&Transition>, change: Option<&Change>) -> Result<(), TestCaseError> {
    prop_assert_eq!(transition.is_some(), change.is_some(), "{:?} for {:?}", transition, change);
    if let (Some(transition), Some((from, to, reasons, counts, open_for))) = (transition, change) {
        prop_assert_eq!((transition.from, transition.to, transition.open_for), (*from, *to, *open_for));
        prop_assert!(reasons.contains(&transition.reason), "{:?} of {:?}", transition.reason, reasons);
        let Counts { calls, failures, slow, .. } = transition.counts;
        prop_assert_eq!([calls, failures, slow], *counts);
    }
    Ok(())
}

/// Whether everything that can be seen of the circuit is as the model has it.
fn looks_like(circuit: &Circuit, model: &Model) -> Result<(), TestCaseError> {
    let view = circuit.view(Nanos(model.now));
    prop_assert_eq!((view.phase, view.since), (model.phase, Nanos(model.since)));
    prop_assert_eq!([view.counts.calls, view.counts.failures, view.counts.slow], model.counts());
    if matches!(model.phase, Phase::Closed | Phase::MetricsOnly) && model.rules.consecutive.is_some() {
        prop_assert_eq!(view.counts.consecutive, model.run);
    }
    prop_assert_eq!((view.rejected, view.late), (model.rejected, model.late));
    let left = (model.phase == Phase::Open).then(|| Nanos(model.open_until.saturating_sub(model.now)));
    prop_assert_eq!(view.left, left);
    prop_assert_eq!(circuit.needs_no_service(|| Nanos(model.now)), model.needs_no_service());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_circuit_does_what_its_page_says((rules, span) in settings(), acts in acts()) {
        let circuit = Circuit::over(rules, span.window(rules.min_calls));
        let mut model = Model::new(rules, span);
        let mut flights = Vec::new();
        for act in acts {
            let now = Nanos(model.now);
            let mut take = |index: Index| (!flights.is_empty()).then(|| flights.swap_remove(index.index(flights.len())));
            let (transition, change) = match act {
                Act::Wait(time) => {
                    model.now = model.now.saturating_add(time);
                    (None, None)
                }
                Act::Enter => {
                    let (entered, change) = model.enter();
                    let (got, transition) = circuit.try_enter(now);
                    prop_assert_eq!(got.err(), entered.err());
                    flights.extend(got.ok().zip(entered.ok()));
                    (transition, change)
                }
                Act::End(index, verdict) => take(index).map_or((None, None), |(entry, flight)| {
                    (circuit.record(entry, verdict, || now), model.end(flight, verdict))
                }),
                Act::Cut(index) => take(index).map_or((None, None), |(entry, flight)| {
                    (circuit.record_cut(entry, now), model.cut(flight))
                }),
                Act::Abandon(index) => {
                    if let Some((entry, flight)) = take(index) {
                        circuit.abandon(entry);
                        model.abandon(flight);
                    }
                    (None, None)
                }
                Act::Refuse(index) => {
                    if let Some((entry, flight)) = take(index) {
                        circuit.abandon(entry);
                        circuit.count_rejected();
                        model.abandon(flight);
                        model.rejected += 1;
                    }
                    (None, None)
                }
                Act::Force(phase) => (circuit.force(phase, now), model.force(phase)),
                Act::Reset => (circuit.reset(now), model.reset()),
            };
            same(transition.as_ref(), change.as_ref())?;
            looks_like(&circuit, &model)?;
        }
    }
}
