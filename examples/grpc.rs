//! A tonic server and its client, each behind a stack: `cargo run --example grpc --features tonic`.
//!
//! The service is the health service of tonic-health, so no protocol has to be compiled. The server has room for one stream;
//! the client opens one, and calls beside it until it ends.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use http::Response;
use palisade::http::{AnswerLayer, DeadlineLayer};
use palisade::tonic::StatusLayer;
use palisade::{BulkheadLayer, ConfigError, TimeoutLayer};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

async fn serve() -> Result<SocketAddr, Box<dyn Error>> {
    let stack = ServiceBuilder::new()
        // Outermost: what is refused or late below becomes a status, and a stream that is cut ends in one.
        .layer(AnswerLayer::grpc())
        // The caller's `grpc-timeout` bounds everything below.
        .layer(DeadlineLayer::grpc())
        // One call at a time, to the end of its stream.
        .layer(BulkheadLayer::grpc(1).build()?)
        // Inside the bulkhead, so that a stream which never ends gives its place back.
        .layer(TimeoutLayer::grpc(Duration::from_millis(300)));
    let (_, health) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = Server::builder().layer(stack).add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    Ok(address)
}

/// A client that can be cloned, and called from tasks of their own.
fn client(
    channel: Channel,
) -> Result<HealthClient<impl GrpcService<Body, ResponseBody = Body, Error = Status, Future: Send> + Clone>, ConfigError>
{
    let stack = ServiceBuilder::new()
        // One type of body, so that the client's type can be written down.
        .map_response(|response: Response<_>| response.map(Body::new))
        // Outermost: an open circuit, say, is `UNAVAILABLE`, in a status that tells it and keeps the error.
        .layer(StatusLayer)
        // Two seconds in all, or what the caller's `grpc-timeout` leaves; an attempt may take as long.
        .layer(palisade::grpc::standard("health")?.total_timeout(Duration::from_secs(2)).without_attempt_timeout())
        .service(channel);
    Ok(HealthClient::new(stack))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = serve().await?;
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect_lazy();
    let mut client = client(channel)?;
    let request = || HealthCheckRequest { service: String::new() };

    println!("check: {:?}", client.check(request()).await?.into_inner().status());

    let mut stream = client.watch(request()).await?.into_inner();
    println!("watch: {:?}", stream.message().await?.map(|message| message.status()));

    let refused = client.check(request()).await.expect_err("the stream has the only place");
    println!("check beside the stream: {:?}, {}", refused.code(), refused.message());

    let cut = stream.message().await.expect_err("nothing changes, so the stream outlasts its time");
    println!("watch, when its time was over: {:?}, {}", cut.code(), cut.message());

    println!("check: {:?}", client.check(request()).await?.into_inner().status());
    Ok(())
}
