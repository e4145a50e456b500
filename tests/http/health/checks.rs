//! Checks that send requests, to real servers.

use http::StatusCode;
use palisade::health::Verdict;

use super::*;
use crate::client::{Small, client, on_both};
use crate::patience::ms;
use crate::server::{Server, empty, hang, reply};
use crate::sockets::refusing;

#[tokio::test]
async fn a_check_goes_by_the_status() {
    on_both(async |wire| {
        for (status, wanted, expected) in [
            (200, None, "healthy"),
            (204, None, "healthy"),
            (302, None, "unhealthy: status 302 Found"),
            (503, None, "unhealthy: status 503 Service Unavailable"),
            (404, Some(StatusCode::NOT_FOUND), "healthy"),
            (200, Some(StatusCode::NO_CONTENT), "unhealthy: status 200 OK"),
        ] {
            let server = Server::start(move |_, _| reply(empty(status))).await;
            let builder = HealthCheck::http("orders", client::<Small>(wire), server.uri("/health").parse().unwrap());
            let check = if let Some(wanted) = wanted { builder.status(wanted) } else { builder }.build().unwrap();
            run(&check).await;
            assert_eq!(check.verdict().to_string(), expected);
            let arrived = server.arrived();
            assert_eq!((arrived[0].method.as_str(), &*arrived[0].path), ("GET", "/health"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_hangs_or_is_not_there_is_unhealthy() {
    on_both(async |wire| {
        let server = Server::start(|_, _| hang()).await;
        let hung = HealthCheck::http("orders", client::<Small>(wire), server.uri("/").parse().unwrap());
        let hung = hung.timeout(ms(50)).build().unwrap();
        run(&hung).await;
        assert!(hung.verdict().why().is_some_and(|why| why.contains("50ms")), "{}", hung.verdict());

        let (_held, addr) = refusing();
        let gone = HealthCheck::http("orders", client::<Small>(wire), format!("http://{addr}/").parse().unwrap());
        let gone = gone.build().unwrap();
        run(&gone).await;
        assert!(matches!(gone.verdict(), Verdict::Unhealthy(why) if why.contains("refused")));
    })
    .await;
}
