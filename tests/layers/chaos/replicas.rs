//! Faults of some of the replicas of a set.

use super::*;

#[test]
fn only_chosen_replicas_meet_faults_and_never_all_of_them() {
    paused(async {
        let layer = all().fail(1.0, |_| Down(1)).build().unwrap();
        let handle = layer.handle();
        let [a, b, c] = ["a", "b", "c"].map(|name| layer.replica(name).layer(echo()));
        handle.start();
        assert!(a.clone().oneshot(1).await.is_ok(), "none is chosen");
        handle.only_replicas(["a", "b"]).unwrap();
        let met = [a.clone().oneshot(1).await, b.clone().oneshot(1).await, c.clone().oneshot(1).await];
        assert_eq!(met.map(|result| result.is_err()), [true, true, false]);

        drop(c);
        assert!(a.clone().oneshot(1).await.is_ok(), "those that are left are all chosen");
        let error = handle.only_replicas(["a", "b"]).unwrap_err();
        let expected =
            "chaos `faults`: `only_replicas` is `a, b`, but must be some of those that are there, but not all: a, b";
        assert_eq!(error.to_string(), expected);
        handle.only_replicas(["b"]).unwrap();
        assert!(a.clone().oneshot(1).await.is_ok());
        assert!(b.oneshot(1).await.is_err());
    });
}
