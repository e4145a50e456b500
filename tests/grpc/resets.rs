//! Streams that are reset before their head.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::Response;
use http_body_util::Empty;
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::TcpListener;
use tonic::Code;

use crate::client::{ask, at_once, retrying};

/// Resets every call with `INTERNAL_ERROR`, as servers do whose service fails, and counts them.
async fn serve_resets() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let addr = listener.local_addr().expect("it is bound");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    drop(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            let answer = service_fn(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                async { Err::<Response<Empty<Bytes>>, _>(io::Error::other("the service fails")) }
            });
            drop(tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new()).http2_only();
                drop(server.serve_connection(TokioIo::new(stream), answer).await);
            }));
        }
    }));
    (addr, calls)
}

/// What tonic calls `INTERNAL`, as <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors> has it.
#[tokio::test]
async fn a_call_that_is_reset_before_its_head_is_internal_and_not_asked_again() {
    let (addr, calls) = serve_resets().await;
    assert_eq!(retrying(addr, at_once()).check(ask()).await.unwrap_err().code(), Code::Internal);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}
