//! What a call allocates that may meet faults.

use palisade::ChaosLayer;
use tower::Layer;

use crate::allocations::claims::Claims;
use crate::allocations::services::{Ask, End, inner};

/// Faults that are off allocate nothing, nor do those that a call does not meet.
pub(crate) async fn claim(claims: &mut Claims) {
    for (path, is_on, rate) in [("chaos, off", false, 1.0), ("chaos, on and not met", true, 0.0)] {
        let layer = ChaosLayer::builder("chaos").fail(rate, |_: &Ask| "down").max_share(1.0).build().unwrap();
        if is_on {
            layer.handle().start();
        }
        claims.calls(path, 0, &mut layer.layer(inner()), [(Ask::Good, End::Good)]).await;
    }
}
