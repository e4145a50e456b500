use super::*;

#[tokio::test(start_paused = true)]
async fn it_is_the_instant_it_was_made_of() {
    #[expect(clippy::disallowed_methods, reason = "a test reads the paused clock")]
    let instant = Instant::now() + SECOND;
    assert_eq!((Deadline::at(instant).instant(), after(1).instant()), (instant, instant));
    assert!(after(1) < Deadline::after(SECOND + NANO), "the sooner one is the lesser one");
}

#[tokio::test(start_paused = true)]
async fn what_remains_shrinks_to_nothing() {
    let deadline = after(1);
    for (pause, left) in
        [(400 * MILLI, 600 * MILLI), (just_before(600 * MILLI), NANO), (NANO, Duration::ZERO), (SECOND, Duration::ZERO)]
    {
        advance(pause).await;
        assert_eq!(deadline.remaining(), left);
    }
}

#[test]
fn the_longest_duration_is_as_good_as_never() {
    assert!(Deadline::after(Duration::MAX).remaining() > 29 * YEAR);
}
