//! Places for each route, whatever its parameters are.

use axum::extract::MatchedPath;
use palisade::http::AnswerLayer;

use super::*;

#[tokio::test]
async fn requests_share_the_places_of_their_route_and_no_others() {
    let route = |request: &Request| request.extensions().get().map(|path: &MatchedPath| path.as_str().to_owned());
    let places = BulkheadLayer::http(1).per_key(route).build().unwrap();
    let by_route = places.handle();
    let router = Router::new().route("/orders/{id}", get(answer)).route("/users/{id}", get(answer));
    let layers = ServiceBuilder::new().layer(AnswerLayer::http()).layer(places);
    let server = Server::start(app(["/orders/1", "/users/1"], router.layer(layers))).await;

    let held = server.hold(0).await;
    let busy = Some(Reply(StatusCode::SERVICE_UNAVAILABLE, String::new()));
    assert_eq!(server.client().get("/orders/2", "").await, busy);
    assert_eq!(server.get(1, "").await, Reply::ok());
    let in_flight = |route: &str| by_route.get(&Some(route.to_owned())).map(|places| places.in_flight());
    assert_eq!((in_flight("/orders/{id}"), in_flight("/users/{id}")), (Some(1), Some(0)));
    assert_eq!(by_route.len(), 2);
    server.upstream.release();
    assert_eq!(held.await.unwrap(), Some(Reply::ok()));
}
