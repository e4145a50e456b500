//! What an error of tonic tells.

use tonic::{Status, TimeoutExpired};

use super::fact::Fact;
use crate::error::Cause;

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    match cause.downcast_ref::<Status>() {
        Some(status) => Some(Fact::Status {
            code: status.code().into(),
            headers: status.metadata().as_ref(),
            details: status.details(),
        }),
        None => cause.is::<TimeoutExpired>().then_some(Fact::Expired),
    }
}
