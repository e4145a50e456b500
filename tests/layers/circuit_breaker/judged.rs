use palisade::{Judge, Judgement};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_circuit_judges_its_service_until_it_has_recovered() {
    let circuit = circuit(touchy());
    assert_eq!((circuit.judge(), circuit.why()), (Judgement::Healthy, None));
    fail(&circuit, 1);
    assert_eq!((circuit.judge(), circuit.why().as_deref()), (Judgement::Unhealthy, Some("circuit open")));
    advance(just_before(SECOND)).await;
    assert_eq!(circuit.judge(), Judgement::Unhealthy);
    advance(NANO).await;
    assert_eq!((circuit.judge(), circuit.why().as_deref()), (Judgement::OnTrial, Some("circuit open")));
    let probe = enter(&circuit);
    assert_eq!((circuit.judge(), circuit.why().as_deref()), (Judgement::OnTrial, Some("circuit half_open")));
    probe.success();
    assert_eq!(circuit.judge(), Judgement::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_set_by_hand_is_unhealthy_only_if_forced_open() {
    for (set, judgement) in BY_HAND.into_iter().zip([Judgement::Unhealthy, Judgement::Healthy, Judgement::Healthy]) {
        let circuit = recovering(touchy()).await;
        set(&circuit);
        assert_eq!(circuit.judge(), judgement, "{:?}", circuit.phase());
    }
}
