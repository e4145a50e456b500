//! How long tests over sockets wait for what must come: long enough for any machine, and never for ever.

use std::time::Duration;

use tokio::time::{sleep, timeout};

pub(crate) const HOUR: Duration = secs(60 * 60);

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Lets no test hang.
pub(crate) async fn soon<T>(it: impl Future<Output = T>) -> T {
    timeout(secs(20), it).await.expect("it happens in twenty seconds")
}

/// Asks again and again, for twenty seconds at most.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..4000 {
        if condition() {
            return;
        }
        sleep(ms(5)).await;
    }
    panic!("not in twenty seconds: {what}");
}
