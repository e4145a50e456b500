//! A proxy that guards its upstream: its own callers are sent no more than the length that a response told.

use std::{io, mem};

use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use tower::{ServiceBuilder, ServiceExt};

use crate::circuit::{built, counted, counting};
use crate::client::{Small, Wire, client, get, on_both};
use crate::patience::{eventually, soon};
use crate::server::{Server, reply, stream, with_header};

#[tokio::test]
async fn a_response_that_a_proxy_passed_on_to_its_told_length_counts() {
    on_both(async |wire| {
        // It is all there, and its stream nevertheless goes on.
        let upstream = Server::start(|_, _| {
            let (sender, response) = stream(200, &["abc", "def"]);
            mem::forget(sender);
            reply(with_header(response, "content-length", "6"))
        })
        .await;
        let (breaker, circuit) = built(counting());
        let stack = ServiceBuilder::new().layer(breaker).service(client::<Small>(wire));
        let uri = upstream.uri("/");
        let proxy = Server::start(move |_, _| {
            let call = stack.clone().oneshot(get(&uri));
            Box::pin(async move {
                let answer = call.await.map_err(io::Error::other)?;
                Ok(answer.map(|body| UnsyncBoxBody::new(body.map_err(io::Error::other))))
            })
        })
        .await;
        let caller = client::<Small>(Wire::Http1);
        for _ in 0..10 {
            let answer = soon(caller.request(get(proxy.uri("/")))).await.unwrap();
            assert_eq!(soon(answer.into_body().collect()).await.unwrap().to_bytes(), "abcdef");
        }
        eventually("all have counted", || counted(&circuit) == (10, 0)).await;
    })
    .await;
}
