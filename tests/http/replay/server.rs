//! A server that does with each call what a script says.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Either, Empty};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::select;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::patience::ms;
use crate::replay::drip;

/// What to do with a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act {
    /// How many bytes to read before.
    pub(crate) after: usize,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// Answers, and drops what was not read.
    Answer(u16),
    /// Answers, and reads on.
    ReadOn(u16),
    /// Answers, half of it now and half soon, and reads on.
    Halves(u16),
    /// Answers nothing, and reads no more.
    Hang,
    /// Answers nothing, and reads on.
    OnlyRead,
    /// Cuts the connection.
    Cut,
}

pub(crate) const ALL: usize = usize::MAX;
pub(crate) const WELL: Act = after(ALL, Then::Answer(200));

pub(crate) const fn after(bytes: usize, then: Then) -> Act {
    Act { after: bytes, then }
}

/// All ways for an attempt to fail, once so many bytes were read where it reads some.
pub(crate) fn failures(bytes: usize) -> [Act; 7] {
    [
        after(0, Then::Answer(503)),
        after(0, Then::ReadOn(503)),
        after(0, Then::Cut),
        after(bytes, Then::Answer(503)),
        after(bytes, Then::ReadOn(503)),
        after(bytes, Then::Cut),
        after(ALL, Then::Answer(503)),
    ]
}

/// What arrived of a call.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) head: HeaderMap,
    pub(crate) length: usize,
    /// Whether each byte is the one that was sent at its place.
    pub(crate) is_right: bool,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Reading,
    /// The client said that this was all.
    Whole,
    /// The client, or the connection, broke off.
    Broken,
    /// The server did not want more.
    Dropped,
}

impl Arrival {
    /// Whether this is the whole body of that length.
    pub(crate) fn is_whole(&self, length: usize) -> bool {
        self.end == End::Whole && self.length == length && self.is_right
    }

    fn take_in(&mut self, data: &[u8]) {
        self.is_right &= data == drip::bytes(self.length, data.len());
        self.length += data.len();
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Server(Arc<State>);

#[derive(Debug)]
struct State {
    script: Vec<Act>,
    arrivals: watch::Sender<Vec<Arrival>>,
    connections: AtomicUsize,
}

impl Server {
    /// Does all is well when the script is over.
    pub(crate) fn new(script: &[Act]) -> Self {
        let (script, arrivals, connections) = (script.to_vec(), watch::Sender::default(), AtomicUsize::new(0));
        Self(Arc::new(State { script, arrivals, connections }))
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.0.arrivals.borrow().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.0.connections.load(Ordering::SeqCst)
    }

    /// Waits until what arrived is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&[Arrival]) -> bool) {
        let mut arrivals = self.0.arrivals.subscribe();
        arrivals.wait_for(|arrivals| is_so(arrivals)).await.expect("the server holds the sender");
    }

    /// Serves a connection, to its end.
    pub(crate) async fn serve(self, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        self.0.connections.fetch_add(1, Ordering::SeqCst);
        let cut = Arc::new(Notify::new());
        let service = service_fn(|request| {
            let (server, cut) = (self.clone(), Arc::clone(&cut));
            async move { Ok::<_, Infallible>(server.act(request, &cut).await) }
        });
        let builder = Builder::new(TokioExecutor::new());
        // Clients break off: that is what is tested.
        select! {
            _ = builder.serve_connection(TokioIo::new(io), service) => {}
            () = cut.notified() => {}
        }
    }

    async fn act(&self, request: Request<Incoming>, cut: &Notify) -> Response<Answer> {
        let (head, body) = request.into_parts();
        let mut reader = self.begin(head.headers, body);
        let Act { after, then } = self.0.script.get(reader.call).copied().unwrap_or(WELL);
        reader.read(after).await;
        match then {
            Then::Answer(status) => answer(status),
            Then::ReadOn(status) => {
                tokio::spawn(async move { reader.read(ALL).await });
                answer(status)
            }
            Then::Halves(status) => {
                tokio::spawn(async move { reader.read(ALL).await });
                answer(status).map(|_| halves())
            }
            Then::Hang => pending().await,
            Then::OnlyRead => {
                reader.read(ALL).await;
                pending().await
            }
            Then::Cut => {
                cut.notify_one();
                pending().await
            }
        }
    }

    fn begin(&self, head: HeaderMap, body: Incoming) -> Reader {
        let arrival = Arrival { head, length: 0, is_right: true, trailers: None, end: End::Reading };
        let mut call = 0;
        self.0.arrivals.send_modify(|arrivals| {
            call = arrivals.len();
            arrivals.push(arrival);
        });
        Reader { body, call, server: self.clone() }
    }
}

type Answer = Either<Empty<Bytes>, Channel<Bytes>>;

/// The body of a response in halves.
pub(crate) const HALVES: [&str; 2] = ["why ", "it failed"];

fn halves() -> Answer {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        let [now, soon] = HALVES.map(|half| Bytes::from_static(half.as_bytes()));
        // A client that does not read on may be gone.
        sender.send_data(now).await.ok();
        // Not too long for retry to wait.
        sleep(ms(40)).await;
        sender.send_data(soon).await.ok();
    });
    Either::Right(body)
}

fn answer(status: u16) -> Response<Answer> {
    let mut answer = Response::new(Either::Left(Empty::new()));
    *answer.status_mut() = StatusCode::from_u16(status).expect("scripts have real ones");
    answer
}

/// Reads the body of a call.
struct Reader {
    body: Incoming,
    call: usize,
    server: Server,
}

impl Reader {
    /// Reads at least so many bytes, if there are.
    async fn read(&mut self, bytes: usize) {
        while self.arrival(|arrival| arrival.end == End::Reading && arrival.length < bytes) {
            match self.body.frame().await {
                None => self.arrival(|arrival| arrival.end = End::Whole),
                Some(Err(_)) => self.arrival(|arrival| arrival.end = End::Broken),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.arrival(|arrival| arrival.take_in(&data)),
                    Err(frame) => self.arrival(|arrival| arrival.trailers = frame.into_trailers().ok()),
                },
            }
            // To be told is to wait for the next request, once the response has been sent.
            if self.body.is_end_stream() && self.arrival(|arrival| arrival.end == End::Reading) {
                self.arrival(|arrival| arrival.end = End::Whole);
            }
        }
    }

    fn arrival<T>(&self, with: impl FnOnce(&mut Arrival) -> T) -> T {
        let mut result = None;
        self.server.0.arrivals.send_modify(|arrivals| result = Some(with(&mut arrivals[self.call])));
        result.expect("it was just set")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.arrival(|arrival| {
            if arrival.end == End::Reading {
                arrival.end = End::Dropped;
            }
        });
    }
}
