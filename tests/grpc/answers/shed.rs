//! Calls that a server sheds.

use futures_util::{StreamExt, stream};
use palisade::http::AnswerLayer;
use tonic::Code;
use tonic::transport::Server;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::client::{channel, text};
use crate::errors::full;
use crate::patience::soon;
use crate::server::{Reply, scripted, serve};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_shed_all_get_their_codes() {
    let server = Server::builder().layer(AnswerLayer::grpc()).layer(full());
    let client = HealthClient::new(channel(serve(server, scripted(|_| Reply::Served).0).await));
    let message = HealthCheckRequest { service: text(16 * 1024) };
    let calls = (0..3000).map(|_| {
        let (mut client, message) = (client.clone(), message.clone());
        async move { client.check(message).await.unwrap_err().code() }
    });
    let codes: Vec<_> = soon(stream::iter(calls).buffer_unordered(100).collect()).await;
    assert_eq!(codes, [Code::ResourceExhausted; 3000]);
}
