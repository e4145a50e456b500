//! A hedge by a clock that jumps.

use super::*;
use crate::support::time::{DAY, YEAR};

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_starts_one_hedge() {
    let service = hung::<u32>();
    let calls = service.calls();
    let mut call = task::spawn(ten().max_hedges(3).build().unwrap().layer(service).oneshot(7));
    for (jump, sent) in [(Duration::ZERO, 1), (DAY, 2), (9 * MILLI, 2), (MILLI, 3), (YEAR, 4), (YEAR, 4)] {
        advance(jump).await;
        assert_pending!(call.poll());
        assert_eq!(calls.count(), sent, "after {jump:?} more");
    }
}
