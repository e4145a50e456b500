//! Lends the bodies of tonic.

use tonic::body::Body;

use super::loan::{Lender, lend_body};

pub(super) fn lend<R: 'static>(request: &mut R) -> Option<Lender> {
    lend_body::<R, Body>(request, Body::new)
}
