//! What the errors of clients say.

use super::*;

/// An address on which nobody listens.
async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn a_connection_refused_to_hyper_was_not_sent() {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let error = failed(client.request(to(nobody().await)).await.unwrap_err());
    assert!(error.downcast_ref::<legacy::Error>().unwrap().is_connect());
    assert!(not_sent(&error));
}

#[cfg(feature = "hyper-util")]
#[tokio::test]
async fn what_hypers_client_could_not_connect_for_was_not_sent_whatever_the_cause() {
    let connector = service_fn(|_| ready(Err::<hyper_util::rt::TokioIo<tokio::net::TcpStream>, _>(Down(1))));
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let error = client.request(to("upstream.invalid")).await.unwrap_err();
    assert!(not_sent(&failed(Over(error.into()))));
}

#[cfg(feature = "hyper-util")]
#[tokio::test]
async fn a_refusal_inside_the_requests_own_body_was_sent_and_says_nothing_of_the_service() {
    use http_body::Frame;
    use http_body_util::StreamBody;

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let body = StreamBody::new(futures_util::stream::iter([
        Ok(Frame::data(Bytes::from_static(b"half"))),
        Err(io::Error::from(ErrorKind::ConnectionRefused)),
    ]));
    let client: Client<_, _> = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::post(format!("http://{}/", listener.local_addr().unwrap())).body(body).unwrap();
    let error = client.request(request).await.unwrap_err();
    assert!(!error.is_connect());
    let error = failed(Over(error.into()));
    assert!(!not_sent(&error));
    assert_eq!(classified(&error), Outcome::Ignored);
}

fn reqwest_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

#[tokio::test]
async fn a_connection_refused_to_reqwest_was_not_sent() {
    let client = reqwest_client().build().unwrap();
    let error = client.post(format!("http://{}/", nobody().await)).send().await.unwrap_err();
    assert!(error.is_connect());
    let error = failed(error);
    assert!(not_sent(&error));
    assert_eq!(classified(&error), Outcome::Transient);
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn what_reqwest_cannot_send_says_nothing_of_the_service() {
    let error = reqwest_client().build().unwrap().get("ftp://files.invalid/").send().await.unwrap_err();
    assert_eq!(classified(&failed(Over(error.into()))), Outcome::Ignored);
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn what_reqwest_could_not_connect_for_was_not_sent_whatever_the_cause() {
    use std::sync::Arc;

    use reqwest::dns::{Name, Resolve, Resolving};

    struct Nowhere;

    impl Resolve for Nowhere {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(ready(Err(Down(1).into())))
        }
    }

    let client = reqwest_client().dns_resolver(Arc::new(Nowhere)).build().unwrap();
    let error = client.post("http://upstream.invalid/").send().await.unwrap_err();
    assert!(not_sent(&failed(Over(error.into()))));
}

#[tokio::test]
async fn a_connection_that_the_server_closed_after_the_request_was_sent() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        tokio::io::AsyncReadExt::read(&mut socket, &mut [0; 1024]).await.unwrap()
    };
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let (read, answered) = tokio::join!(server, client.request(to(addr)));
    assert!(read > 0);
    let error = failed(answered.unwrap_err());
    assert!(!not_sent(&error));
    assert_eq!(classified(&error), Outcome::Transient);
}
