//! What the errors of clients say.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{io, mem};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Empty;
use hyper_util::client::legacy::connect::{Connect, Connected, Connection};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::http::not_sent;
use palisade::{Error, Outcome};
use reqwest::dns::{Name, Resolve, Resolving};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower::service_fn;

use super::classified;
use crate::client::Wire;
use crate::errors::{Over, failed};
use crate::server::uri;
use crate::sockets::{refusing, serve_each};
use crate::support::Down;

async fn by_hyper<C>(client: Client<C, Empty<Bytes>>, uri: &str) -> legacy::Error
where
    C: Connect + Clone + Send + Sync + 'static,
{
    client.request(Request::post(uri).body(Empty::new()).unwrap()).await.unwrap_err()
}

async fn by_reqwest(client: reqwest::ClientBuilder, uri: &str) -> reqwest::Error {
    client.no_proxy().build().unwrap().request(Method::POST, uri).send().await.unwrap_err()
}

/// Resolves no name.
struct Nowhere;

impl Resolve for Nowhere {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(ready(Err(Down(1).into())))
    }
}

/// A connection that breaks when its client looks at it again. It does so first when a request waits for its turn.
#[derive(Default)]
struct Breaks {
    is_seen: bool,
}

impl AsyncRead for Breaks {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let breaks = mem::replace(&mut self.is_seen, true);
        if breaks { Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())) } else { Poll::Pending }
    }
}

impl AsyncWrite for Breaks {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        unreachable!("nothing is sent")
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Connection for Breaks {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

#[tokio::test]
async fn an_error_of_a_client_says_whether_the_request_was_sent() {
    let (_nobody, addr) = refusing();
    let refused = uri(addr, "/");
    let closes = uri(serve_each(async |mut socket: TcpStream| socket.read(&mut [0; 1024]).await.is_ok()).await, "/");
    let cannot_connect = service_fn(|_| ready(Err::<TokioIo<TcpStream>, _>(Down(1))));
    let over = |error: Error| failed(Over(error.into()));
    let hyper = || crate::client::client::<Empty<Bytes>>(Wire::Http1);
    let breaks = service_fn(|_| ready(Ok::<_, Down>(TokioIo::new(Breaks::default()))));
    let breaks = Client::builder(TokioExecutor::new()).build(breaks);
    let unconnected = Client::builder(TokioExecutor::new()).build(cannot_connect);
    let unresolved = reqwest::Client::builder().dns_resolver(Arc::new(Nowhere));
    for (label, error, is_unsent, outcome) in [
        ("refused to hyper", failed(by_hyper(hyper(), &refused).await), true, Outcome::Transient),
        (
            "no connection of hyper's",
            failed(by_hyper(unconnected, "http://nowhere.invalid").await),
            true,
            Outcome::Transient,
        ),
        ("over before its turn", failed(by_hyper(breaks, "http://nowhere.invalid").await), true, Outcome::Transient),
        ("closed on hyper", failed(by_hyper(hyper(), &closes).await), false, Outcome::Transient),
        (
            "refused to reqwest",
            failed(by_reqwest(reqwest::Client::builder(), &refused).await),
            true,
            Outcome::Transient,
        ),
        (
            "no connection of reqwest's",
            failed(by_reqwest(unresolved, "http://nowhere.invalid").await),
            true,
            Outcome::Transient,
        ),
        (
            "not for reqwest",
            failed(by_reqwest(reqwest::Client::builder(), "ftp://files.invalid/").await),
            false,
            Outcome::Ignored,
        ),
    ] {
        assert_eq!((not_sent(&error), classified(&error)), (is_unsent, outcome), "{label}: {error:?}");
        let deep = over(error);
        assert_eq!((not_sent(&deep), classified(&deep)), (is_unsent, outcome), "{label}, in another error: {deep:?}");
    }
}
