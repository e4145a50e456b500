//! Features that are off, at the client and at the server.

use palisade::http::AnswerLayer;
use palisade::{Degradation, FeatureLayer, Rejection, RejectionReason};
use tonic::Code;
use tonic::transport::Server;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::client::{ask, channel, own};
use crate::server::{Reply, scripted, serve, serve_script};

fn shop() -> Degradation {
    Degradation::builder("shop").mode("degraded").feature("reviews", "degraded").build().unwrap()
}

#[tokio::test]
async fn a_client_gets_unavailable_with_the_reason() {
    let ((addr, _), shop) = (serve_script(|_| Reply::Served).await, shop());
    let stack = ServiceBuilder::new().layer(FeatureLayer::new(&shop, "reviews")).service(channel(addr));
    let mut client = HealthClient::new(stack);
    client.check(ask()).await.unwrap();
    shop.set("degraded").unwrap();
    let status = client.check(ask()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let reason = own(&status).and_then(palisade::Error::rejection).map(Rejection::reason);
    assert_eq!(reason, Some(RejectionReason::SwitchedOff));
}

#[tokio::test]
async fn a_server_says_unavailable_and_not_when_to_come_back() {
    let shop = shop();
    let server = Server::builder().layer(AnswerLayer::grpc()).layer(FeatureLayer::new(&shop, "reviews"));
    let mut client = HealthClient::new(channel(serve(server, scripted(|_| Reply::Served).0).await));
    client.check(ask()).await.unwrap();
    shop.set("degraded").unwrap();
    let status = client.check(ask()).await.unwrap_err();
    assert_eq!((status.code(), status.metadata().get("grpc-retry-pushback-ms")), (Code::Unavailable, None));
}
