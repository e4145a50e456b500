//! Claims about what is said while the phase changes.

use loom::model;

use super::{OPEN_FOR, consecutive_only, half_open, opened, record, try_enter};
use crate::judge::Judgement;
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::Phase;
use crate::state::models::race;
use crate::sync::Arc;
use crate::time::Nanos;

#[test]
fn no_moment_of_a_recovery_is_unhealthy() {
    model(|| {
        let circuit = opened(consecutive_only(1, 1));
        let other = Arc::clone(&circuit);
        let recover = move || {
            let probe = try_enter(&other, OPEN_FOR).0.unwrap();
            record(&other, probe, Success, OPEN_FOR)
        };
        let (closed, judgement) = race(recover, || circuit.judgement(Nanos(OPEN_FOR)));
        assert_eq!(closed.map(|transition| transition.to), Some(Phase::Closed));
        assert_ne!(judgement, Judgement::Unhealthy);
        assert_eq!(circuit.judgement(Nanos(OPEN_FOR)), Judgement::Healthy);
    });
}

#[test]
fn a_circuit_that_opens_again_is_never_healthy_meanwhile() {
    model(|| {
        let (circuit, probe) = half_open(1);
        let other = Arc::clone(&circuit);
        let (_, judgement) =
            race(move || record(&other, probe, Failed, OPEN_FOR), || circuit.judgement(Nanos(OPEN_FOR)));
        assert_ne!(judgement, Judgement::Healthy);
        assert_eq!(circuit.judgement(Nanos(OPEN_FOR)), Judgement::Unhealthy);
    });
}
