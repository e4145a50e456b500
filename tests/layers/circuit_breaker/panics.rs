use super::*;

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_classifier_frees_the_place() {
    let breaker = touchy().classify(|_: Result<&u32, &Error>| -> Outcome { panic!("in the classifier") });
    let breaker = breaker.build().unwrap();
    let circuit = breaker.handle();
    recover(&circuit).await;
    AssertUnwindSafe(breaker.layer(echo()).oneshot(Ok(1))).catch_unwind().await.unwrap_err();
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_late_panic_decides_nothing() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    let panicking = strict(|()| async {
        tokio::task::yield_now().await;
        panic!("in poll") as Result<(), Down>
    });
    let mut call = begin(&mut breaker.layer(panicking), ());
    circuit.reset();
    assert!(panics(|| call.poll()));
    drop(call);
    assert_eq!((circuit.phase(), circuit.snapshot().late), (Phase::Closed, 1));
}
