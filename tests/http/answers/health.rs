//! A health service that does as it is asked, on a real server.

use std::{future::pending, net::SocketAddr, pin::Pin};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tonic::{
    Code, Request, Response, Status,
    metadata::MetadataMap,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse,
    health_server::{Health, HealthServer},
};

/// Answers by the name in the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsAsked;

#[tonic::async_trait]
impl Health for AsAsked {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match request.get_ref().service.as_str() {
            "hang" => pending().await,
            "own" => Err(own()),
            _ => Ok(Response::new(HealthCheckResponse { status: 1 })),
        }
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    /// Says something once, and then nothing; or then fails.
    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let first = stream::iter([Ok(HealthCheckResponse { status: 1 })]);
        Ok(Response::new(match request.get_ref().service.as_str() {
            "own" => Box::pin(first.chain(stream::iter([Err(own())]))),
            _ => Box::pin(first.chain(stream::pending())),
        }))
    }
}

/// A status of the service's own, with all that a status can have.
pub(crate) fn own() -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-own", "kept".parse().unwrap());
    metadata.insert("grpc-retry-pushback-ms", "77".parse().unwrap());
    let details = Bytes::from_static(b"\x00details\xff");
    Status::with_details_and_metadata(Code::FailedPrecondition, "its own: 100% \u{fc}", details, metadata)
}

/// Claims that a status is the service's own, whole.
pub(crate) fn assert_own(status: &Status) {
    let own = own();
    assert_eq!((status.code(), status.message(), status.details()), (own.code(), own.message(), own.details()));
    for name in ["x-own", "grpc-retry-pushback-ms"] {
        assert_eq!(status.metadata().get(name), own.metadata().get(name), "{name}");
    }
}

pub(crate) fn pushback(status: &Status) -> Option<u64> {
    status.metadata().get("grpc-retry-pushback-ms").map(|value| value.to_str().unwrap().parse().unwrap())
}

pub(crate) fn ask(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

pub(crate) fn listen() -> (TcpIncoming, SocketAddr) {
    let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = incoming.local_addr().unwrap();
    (incoming, address)
}

pub(crate) fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy()
}

/// Serves without any layer; gives a channel to it.
pub(crate) fn plain() -> Channel {
    let (incoming, address) = listen();
    let server = Server::builder().add_service(HealthServer::new(AsAsked));
    tokio::spawn(server.serve_with_incoming(incoming));
    channel(address)
}
