//! Clients and servers of gRPC-Web, over HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::CircuitHandle;
use palisade::http::AnswerLayer;
use tonic::body::Body;
use tonic::transport::Server;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_web::{GrpcWebClientLayer, GrpcWebLayer};
use tower::{Layer, ServiceBuilder, ServiceExt};

use crate::client::{ask, at_once, counted, counting, drain};
use crate::patience::soon;
use crate::server::{Calls, Reply, scripted, serve};

/// A server of gRPC-Web that goes by a script.
async fn serve_web(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (SocketAddr, Calls) {
    let (health, calls) = scripted(script);
    (serve(Server::builder().accept_http1(true).layer(GrpcWebLayer::new()), health).await, calls)
}

fn client<B>(http2: bool) -> Client<HttpConnector, B>
where
    B: HttpBody<Data: Send> + Send,
{
    Client::builder(TokioExecutor::new()).http2_only(http2).build_http()
}

fn origin(addr: SocketAddr) -> Uri {
    format!("http://{addr}").parse().unwrap()
}

#[tokio::test]
async fn a_client_of_grpc_web_counts_by_the_code() {
    for http2 in [false, true] {
        let (addr, _) = serve_web(|call| match call {
            0 | 1 => Reply::Served,
            2 => Reply::Paced(Duration::ZERO),
            3 => Reply::Status(Status::unavailable("down")),
            _ => Reply::Broken(Status::internal("broken")),
        })
        .await;
        let circuit = counting().build().unwrap();
        let stack =
            ServiceBuilder::new().layer(GrpcWebClientLayer::new()).layer(circuit.clone()).service(client(http2));
        let mut client = HealthClient::with_origin(stack, origin(addr));
        for calls in 1..=2 {
            assert_eq!(soon(client.check(ask())).await.unwrap().into_inner().status, 1);
            assert_eq!(counted(&circuit.handle()), (calls, 0), "HTTP/2: {http2}");
        }
        assert_eq!(drain(soon(client.watch(ask())).await.unwrap().into_inner()).await.unwrap(), 3);
        assert_eq!(counted(&circuit.handle()), (3, 0), "HTTP/2: {http2}");
        assert_eq!(soon(client.check(ask())).await.unwrap_err().code(), Code::Unavailable);
        let broken = soon(client.watch(ask())).await.unwrap().into_inner();
        assert_eq!(drain(broken).await.unwrap_err().code(), Code::Internal);
        assert_eq!(counted(&circuit.handle()), (5, 2), "HTTP/2: {http2}");
    }
}

#[tokio::test]
async fn a_client_of_grpc_web_asks_again_before_any_message() {
    for http2 in [false, true] {
        for (first, calls) in [(Reply::Failing as fn(Status) -> Reply, 2), (Reply::Status, 2), (Reply::Broken, 1)] {
            let (addr, seen) = serve_web(move |call| match call {
                0 => first(Status::unavailable("starting")),
                _ => Reply::Paced(Duration::ZERO),
            })
            .await;
            let stack = ServiceBuilder::new()
                .layer(GrpcWebClientLayer::new())
                .layer(at_once().build().unwrap())
                .service(client(http2));
            let stream = soon(HealthClient::with_origin(stack, origin(addr)).watch(ask())).await.unwrap().into_inner();
            let read = drain(stream).await.map_err(|status| status.code());
            let expected = if calls == 2 { Ok(3) } else { Err(Code::Unavailable) };
            assert_eq!((read, seen.count()), (expected, calls), "HTTP/2: {http2}");
        }
    }
}

/// What a server of gRPC-Web counts whose layers stand around tonic's, and the body that its caller gets.
async fn asked(accept: &str, reply: fn() -> Reply) -> (CircuitHandle, Bytes) {
    let (health, _) = scripted(move |_| reply());
    let circuit = counting().build().unwrap();
    let service = ServiceBuilder::new().layer(circuit.clone()).layer(GrpcWebLayer::new()).service(health);
    let message = Full::new(Bytes::from_static(&[0, 0, 0, 0, 0])).map_err(|never: Infallible| match never {});
    let request = Request::post("/grpc.health.v1.Health/Watch")
        .header("content-type", "application/grpc-web+proto")
        .header("accept", accept)
        .body(Body::new(message.map_err(|never: Status| never)))
        .unwrap();
    let response = service.oneshot(request).await.unwrap();
    (circuit.handle(), response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_server_of_grpc_web_counts_by_the_code() {
    for accept in ["application/grpc-web+proto", "application/grpc-web-text+proto", "application/grpc-web-text"] {
        let (circuit, body) = asked(accept, || Reply::Served).await;
        assert_eq!((counted(&circuit), body.is_empty()), ((1, 0), false), "{accept}");
        let (circuit, body) = asked(accept, || Reply::Broken(Status::unavailable("going"))).await;
        assert_eq!((counted(&circuit), body.is_empty()), ((1, 1), false), "{accept}");
        let (circuit, body) = asked(accept, || Reply::Status(Status::unavailable("down"))).await;
        assert_eq!((counted(&circuit), body.is_empty()), ((1, 1), true), "{accept}: the head has the code");
    }
}

/// A rejection of ours reaches a client of gRPC-Web as a status, on either side of tonic's layer.
#[tokio::test]
async fn a_rejection_is_a_status_to_a_client_of_grpc_web() {
    let (health, calls) = scripted(|_| Reply::Served);
    let circuit = counting().build().unwrap();
    circuit.handle().force_open();
    let within = ServiceBuilder::new()
        .layer(GrpcWebLayer::new())
        .layer(AnswerLayer::grpc())
        .layer(circuit.clone())
        .service(health.clone());
    let around =
        ServiceBuilder::new().layer(AnswerLayer::grpc()).layer(circuit).layer(GrpcWebLayer::new()).service(health);
    let mut clients = (
        HealthClient::new(GrpcWebClientLayer::new().layer(within)),
        HealthClient::new(GrpcWebClientLayer::new().layer(around)),
    );
    let told = clients.0.check(ask()).await.unwrap_err();
    assert_eq!((told.code(), told.message()), (Code::Unavailable, "the service is not available at present"));
    assert_eq!(clients.1.check(ask()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(calls.count(), 0);
}
