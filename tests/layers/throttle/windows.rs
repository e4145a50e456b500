//! Windows, and a clock that jumps.

use super::*;
use crate::support::time::{DAY, just_before};

#[tokio::test(start_paused = true)]
async fn a_window_of_any_buckets_forgets_after_its_span() {
    for (span, buckets) in [(MILLI, 1), (WINDOW, 1), (WINDOW, 12), (SECOND, 1_000), (YEAR, 1_000)] {
        for jump in [span, span + DAY, span + YEAR] {
            let throttle = builder().k(1.0).time_window(span, buckets).build().unwrap();
            passed(&mut throttle.layer(down()), 100).await;
            advance(just_before(span)).await;
            assert_eq!(counted(&throttle.handle()), (100, 0), "{span:?} in {buckets}");
            advance(jump.saturating_sub(just_before(span))).await;
            assert_eq!(counted(&throttle.handle()), (0, 0), "{span:?} in {buckets}, after {jump:?}");
            assert_eq!(passed(&mut throttle.layer(up()), 100).await, 100, "{span:?} in {buckets}, after {jump:?}");
        }
    }
}
