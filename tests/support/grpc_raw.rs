//! Servers of HTTP/2 that answer as no tonic server would.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::{pending, ready};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::select;
use tokio::sync::Notify;
use tower::BoxError;

use crate::sockets::serve_each;

/// Not compressed, two bytes long: the field 1 is 1, `SERVING`.
pub(crate) const MESSAGE: &[u8] = &[0, 0, 0, 0, 2, 8, 1];

type Fields = Vec<(&'static str, String)>;

/// A response, frame by frame.
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
    serve_each(move |stream| {
        let (raw, cut) = (raw.clone(), Arc::new(Notify::new()));
        let is_cut = Arc::clone(&cut);
        let answer = move |_| ready(Ok::<_, Infallible>(raw.clone().response(Arc::clone(&cut))));
        async move {
            select! {
                () = serve_connection(stream, answer) => {}
                () = is_cut.notified() => {}
            }
        }
    })
    .await
}

/// Answers every call by a function; an error resets its stream.
pub(crate) async fn serve_fn<F, Fut, B, E>(answer: F) -> SocketAddr
where
    F: Fn(Request<Incoming>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    serve_each(move |stream| serve_connection(stream, answer.clone())).await
}

async fn serve_connection<F, Fut, B, E>(stream: TcpStream, answer: F)
where
    F: Fn(Request<Incoming>) -> Fut,
    Fut: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    let server = auto::Builder::new(TokioExecutor::new()).http2_only();
    // How a connection ends is the client's affair.
    drop(server.serve_connection(TokioIo::new(stream), service_fn(answer)).await);
}

/// Speaks as much HTTP/2 (RFC 9113) as it takes to know that a call has come.
pub(crate) async fn a_call(stream: &mut TcpStream) -> io::Result<()> {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const HEADERS: u8 = 1;
    stream.read_exact(&mut [0; 24]).await?; // the preface
    stream.write_all(&SETTINGS).await?;
    let mut head = [0; 9];
    while head[3] != HEADERS {
        stream.read_exact(&mut head).await?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).await?;
    }
    Ok(())
}
