//! How much is kept.

use palisade::registry::Timeline;

use super::*;

/// Changes a circuit so many times.
fn change(circuit: &CircuitHandle, times: usize) {
    (0..times).for_each(|number| if number % 2 == 0 { circuit.force_open() } else { circuit.reset() });
}

#[test]
fn an_instance_keeps_the_last_thousand() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    change(&circuit, 1_200);
    circuit.metrics_only();
    let timeline = all(&registry);
    assert_eq!((timeline.happenings.len(), timeline.left_out), (1_000, 0));
    assert_eq!(timeline.happenings[999].what.to_string(), "closed to metrics only (by hand)");
}

#[test]
fn the_limit_of_a_key_keeps_the_last_32() {
    let registry = Registry::new();
    let layer = touchy(&registry).per_key(|key: &u32| *key).build().unwrap();
    layer.layer(up()).oneshot(1).now_or_never().unwrap().unwrap();
    change(&layer.handle().get(&1).unwrap(), 100);
    assert_eq!(all(&registry).happenings.len(), 32);
}

#[test]
fn a_timeline_leaves_out_the_first_of_too_many() {
    let registry = Registry::new();
    let circuits = [(); 12].map(|()| circuit(&registry));
    for circuit in &circuits {
        change(circuit, 1_000);
    }
    circuits[0].metrics_only();
    let timeline = all(&registry);
    assert_eq!((timeline.happenings.len(), timeline.left_out), (Timeline::CAPACITY, 2_000));
    let last = timeline.happenings.last().unwrap().what.to_string();
    assert_eq!(last, "closed to metrics only (by hand)");
    assert!(timeline.to_string().contains("\n2000 things before these are left out.\n"));
}
