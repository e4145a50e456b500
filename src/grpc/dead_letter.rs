//! Replays of gRPC calls.

use http::Request;

use super::classify::GrpcClassifier;
use crate::dead_letter::Replay;
use crate::http::WithLetterId;

impl<B: 'static, S, C> Replay<Request<B>, S, C> {
    /// Judges replays by the [code](GrpcClassifier) in the heads of their responses. The rest is as with [`http`](Self::http).
    pub fn grpc(self) -> Replay<Request<B>, WithLetterId<S>, GrpcClassifier> {
        self.http().classify(GrpcClassifier::new())
    }
}
