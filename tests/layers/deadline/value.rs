use super::*;

#[tokio::test(start_paused = true)]
async fn it_is_the_instant_it_was_made_of() {
    let instant = now() + SECOND;
    assert_eq!(Deadline::at(instant).instant(), instant);
}

#[tokio::test(start_paused = true)]
async fn after_a_duration_it_is_that_far_off() {
    assert_eq!(Deadline::after(SECOND).instant(), now() + SECOND);
}

#[tokio::test(start_paused = true)]
async fn what_remains_shrinks_with_time() {
    let deadline = Deadline::after(SECOND);
    advance(400 * MS).await;
    assert_eq!(deadline.remaining(), 600 * MS);
}

#[tokio::test(start_paused = true)]
async fn nothing_remains_from_the_moment_on() {
    let deadline = Deadline::after(SECOND);
    advance(just_before(SECOND)).await;
    assert_eq!(deadline.remaining(), TICK);
    advance(TICK).await;
    assert_eq!(deadline.remaining(), Duration::ZERO);
    advance(SECOND).await;
    assert_eq!(deadline.remaining(), Duration::ZERO);
}

#[test]
fn the_longest_duration_is_as_good_as_never() {
    assert!(Deadline::after(Duration::MAX).remaining() > 29 * YEAR);
}

#[tokio::test(start_paused = true)]
async fn the_sooner_one_is_the_lesser_one() {
    assert!(Deadline::after(SECOND) < Deadline::after(SECOND + TICK));
}
