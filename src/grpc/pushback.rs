//! Which gRPC calls the server allows to come back.

use http::{Request, Response};

use super::code::Code;
use super::failure::of_error;
use super::hint::Hint;
use crate::error::Error;
use crate::retry::RetryIf;

/// Allows a retry unless the server shows that it wants none.
///
/// It wants none if `grpc-retry-pushback-ms` is negative or unreadable, or if it sends `RESOURCE_EXHAUSTED` without saying when
/// to come back. Otherwise the code decides, through the [classifier](super::GrpcClassifier): by gRPC's own design
/// ([gRFC A6]) a retry goes by the code, whatever the method is.
///
/// A call is *committed* once a message of its response has come, because the caller may have acted on it. So a code in the
/// trailers allows a retry only if they come before any message. By gRPC's own design a call is committed at its head; a retry
/// made by [`RetryLayer::grpc`](crate::RetryLayer::grpc) looks up to 50 milliseconds further.
///
/// # Examples
///
/// ```
/// use palisade::{RetryLayer, grpc::{GrpcClassifier, Pushback}};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let retry = RetryLayer::builder("search").classify(GrpcClassifier::new()).retry_if(Pushback).build()?;
/// # drop(retry);
/// # Ok(())
/// # }
/// ```
///
/// [gRFC A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md#when-retries-are-valid
#[derive(Clone, Copy, Debug, Default)]
pub struct Pushback;

impl<B, B2> RetryIf<Request<B>, Response<B2>> for Pushback {
    fn allows(&self, _: &Request<B>, result: Result<&Response<B2>, &Error>) -> bool {
        match result {
            Ok(head) => Code::of_head(head).is_some_and(|code| is_wanted(code, Hint::of_headers(head.headers()))),
            // An error without a code leaves the decision to the classifier.
            Err(error) => of_error(error).is_none_or(|(code, hint)| is_wanted(code, hint)),
        }
    }
}

fn is_wanted(code: Code, hint: Hint) -> bool {
    match hint {
        Hint::Never => false,
        Hint::After(_) => true,
        Hint::Nothing => code != Code::ResourceExhausted,
    }
}
