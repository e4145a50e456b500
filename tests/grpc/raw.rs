//! A server of HTTP/2 that answers as no tonic server would.

use std::{
    convert::Infallible,
    fmt::Display,
    future::{pending, ready},
    io,
    net::SocketAddr,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, StreamBody, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    sync::Notify,
};
use tower::BoxError;

/// Not compressed, two bytes long: the field 1 is 1, `SERVING`.
pub(crate) const MESSAGE: &[u8] = &[0, 0, 0, 0, 2, 8, 1];

type Fields = Vec<(&'static str, String)>;

/// An answer, frame by frame.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    status: u16,
    head: Fields,
    frames: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Data(&'static [u8]),
    Trailers(Fields),
    Reset,
    /// The whole connection goes.
    Cut,
    /// Nothing more comes.
    Hang,
}

impl Raw {
    pub(crate) fn status(status: u16) -> Self {
        Self::content(status, "application/grpc")
    }

    /// The beginning of a page that something between has made.
    pub(crate) fn page(content_type: &str) -> Self {
        Self::content(200, content_type).step(Step::Data(b"<!doctype html>"))
    }

    pub(crate) fn ok() -> Self {
        Self::status(200)
    }

    /// Puts a code into the head.
    pub(crate) fn code(mut self, code: impl Display) -> Self {
        self.head.push(("grpc-status", format!("{code}")));
        self
    }

    pub(crate) fn message(self) -> Self {
        self.step(Step::Data(MESSAGE))
    }

    pub(crate) fn trailers(self, code: impl Display) -> Self {
        self.step(Step::Trailers(vec![("grpc-status", format!("{code}"))]))
    }

    pub(crate) fn trailers_without_code(self) -> Self {
        self.step(Step::Trailers(vec![("x-checksum", "7".to_owned())]))
    }

    pub(crate) fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    pub(crate) fn cut(self) -> Self {
        self.step(Step::Cut)
    }

    pub(crate) fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    fn content(status: u16, content_type: &str) -> Self {
        Self { status, head: vec![("content-type", content_type.to_owned())], frames: Vec::new() }
    }

    fn step(mut self, step: Step) -> Self {
        self.frames.push(step);
        self
    }

    fn response(self, cut: Arc<Notify>) -> Response<BoxBody<Bytes, io::Error>> {
        let body = if self.frames.is_empty() {
            Empty::new().map_err(|never: Infallible| match never {}).boxed()
        } else {
            BodyExt::boxed(StreamBody::new(stream::iter(self.frames).then(move |step| frame(step, Arc::clone(&cut)))))
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status.try_into().expect("it is a status");
        response.headers_mut().extend(fields(self.head));
        response
    }
}

async fn frame(step: Step, cut: Arc<Notify>) -> Result<Frame<Bytes>, io::Error> {
    match step {
        Step::Data(data) => Ok(Frame::data(Bytes::from_static(data))),
        Step::Trailers(trailers) => Ok(Frame::trailers(fields(trailers))),
        Step::Reset => Err(io::Error::other("the script breaks off")),
        Step::Cut => {
            cut.notify_one();
            pending().await
        }
        Step::Hang => pending().await,
    }
}

fn fields(fields: Fields) -> HeaderMap {
    let field = |(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(value).expect("it is legal"));
    fields.into_iter().map(field).collect()
}

/// Answers every call so.
pub(crate) async fn serve_raw(raw: Raw) -> SocketAddr {
    let (listener, addr) = listen().await;
    drop(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (raw, cut) = (raw.clone(), Arc::new(Notify::new()));
            let is_cut = Arc::clone(&cut);
            let answer = move |_| ready(raw.clone().response(Arc::clone(&cut)));
            drop(tokio::spawn(async move {
                select! {
                    () = serve_connection(stream, answer) => {}
                    () = is_cut.notified() => {}
                }
            }));
        }
    }));
    addr
}

/// Answers every call by a function.
pub(crate) async fn serve_fn<F, Fut, B>(answer: F) -> SocketAddr
where
    F: Fn(Request<Incoming>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let (listener, addr) = listen().await;
    drop(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(tokio::spawn(serve_connection(stream, answer.clone())));
        }
    }));
    addr
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let addr = listener.local_addr().expect("it is bound");
    (listener, addr)
}

async fn serve_connection<F, Fut, B>(stream: TcpStream, answer: F)
where
    F: Fn(Request<Incoming>) -> Fut,
    Fut: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let answer = service_fn(move |request| answer(request).map(Ok::<_, Infallible>));
    let server = auto::Builder::new(TokioExecutor::new()).http2_only();
    // How a connection ends is the client's affair.
    drop(server.serve_connection(TokioIo::new(stream), answer).await);
}
