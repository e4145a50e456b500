//! The standard stack for gRPC.

use std::borrow::Cow;

use super::Grpc;
use super::attempts::CountAttempts;
use super::classify::GrpcClassifier;
use super::pushback::Pushback;
use crate::error::ConfigError;
use crate::http::{DeadlineLayer, Resend};
use crate::retry::{RetryLayer, Rules};
use crate::standard::Client;

/// Wraps a gRPC client in total timeout, retry, circuit breaker and attempt timeout.
///
/// The parts share a name of 1 to 64 bytes, which errors and events show. They are set up as their constructors `grpc` are. The
/// caller's deadline is taken from `grpc-timeout`, and what is left of it is sent on.
/// [The page](mod@crate::standard) has all parts, their defaults, and how to change them. Put an
/// [`AnswerLayer`](crate::http::AnswerLayer) around it, which turns errors into statuses, as [the example](super#example) does.
///
/// # Errors
///
/// When the name is not legal.
#[expect(clippy::type_complexity, reason = "the rules of a retry for gRPC")]
pub fn standard<B>(
    name: impl Into<Cow<'static, str>>,
) -> Result<Client<Grpc, DeadlineLayer, Rules<GrpcClassifier, Resend<B, CountAttempts>, Pushback>>, ConfigError> {
    Client::new(name.into(), Grpc::default(), DeadlineLayer::grpc().taken_and_sent(), RetryLayer::grpc)
}
