//! Features that are off.

use std::convert::Infallible;

use http::header::RETRY_AFTER;
use http::{Request, Response};
use palisade::fallback::function;
use palisade::http::AnswerLayer;
use palisade::{Degradation, FallbackLayer, FeatureLayer, RejectionReason};
use tower::{ServiceBuilder, ServiceExt, service_fn};

use crate::client::{Small, call, client, get, on_both};
use crate::server::{Server, empty};
use crate::support::reason;

fn shop() -> Degradation {
    Degradation::builder("shop").mode("degraded").feature("reviews", "degraded").build().unwrap()
}

#[tokio::test]
async fn a_client_rejects_the_calls_of_a_feature_that_is_off() {
    on_both(async |wire| {
        let (server, shop) = (Server::once(empty(200)).await, shop());
        let feature = ServiceBuilder::new().layer(FeatureLayer::new(&shop, "reviews")).service(client::<Small>(wire));
        assert_eq!(call(&feature, get(server.uri("/"))).await.unwrap().status(), 200);
        shop.set("degraded").unwrap();
        let rejected = call(&feature, get(server.uri("/"))).await;
        assert_eq!((reason(&rejected), server.calls()), (Some(RejectionReason::SwitchedOff), 1));
    })
    .await;
}

#[tokio::test]
async fn a_server_says_503_and_not_when_to_come_back() {
    let shop = shop();
    let inner = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::from("good"))) });
    let feature = ServiceBuilder::new().layer(FeatureLayer::new(&shop, "reviews")).service(inner);
    let answered = ServiceBuilder::new().layer(AnswerLayer::http()).service(feature.clone());
    let spare = function(|_| Ok::<_, Infallible>(Response::new(String::from("none"))));
    let behind = ServiceBuilder::new().layer(FallbackLayer::http(spare)).service(feature);
    let Ok(answer) = answered.clone().oneshot(Request::new(())).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, "good"));
    shop.set("degraded").unwrap();
    let Ok(answer) = answered.oneshot(Request::new(())).await;
    assert_eq!((answer.status().as_u16(), answer.headers().get(RETRY_AFTER)), (503, None));
    assert_eq!(behind.oneshot(Request::new(())).await.unwrap().into_body(), "none");
}
