//! Faults of gRPC: those of HTTP.

use std::borrow::Cow;

use http::Response;

use super::Grpc;
use super::classify::GrpcClassifier;
use crate::chaos::{ChaosBuilder, ChaosLayer};

impl<Request, B> ChaosLayer<Request, Response<B>, Grpc> {
    /// Starts to build a layer of faults for gRPC, where faults may spoil the [stream](crate::http::SpoiltBody) of a response, too.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It does nothing until its handle starts the faults.
    pub fn grpc(name: impl Into<Cow<'static, str>>) -> ChaosBuilder<Request, Response<B>, Grpc> {
        ChaosLayer::builder(name).spoiling(Grpc::new(GrpcClassifier::new()))
    }
}
