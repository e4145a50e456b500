//! Lends the bodies of axum.

use axum_core::body::Body;

use super::loan::{Lender, lend_body};

pub(super) fn lend<R: 'static>(request: &mut R) -> Option<Lender> {
    lend_body::<R, Body>(request, Body::new)
}
