//! Those who call HTTP services.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

#[path = "../../support/http.rs"]
mod support;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use tokio::runtime::Runtime;
use tokio::task::unconstrained;
use tower::Service;

pub(crate) use self::support::{Ask, Asked, echo, endless};
use crate::measure::{Contender, Racer};

/// Makes a contender of a service that sends the body of the request back.
pub fn calls<S, B>(service: S, ask: Ask) -> Contender
where
    S: Service<Asked, Response = Response<B>, Error: Debug> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Debug>,
{
    Box::new(Loop { service, of: Of::Calls(ask) })
}

/// Makes a contender of a service that responds with an endless body. Its calls are the frames of one such body.
pub fn frames<S, B>(service: S) -> Contender
where
    S: Service<Asked, Response = Response<B>, Error: Debug> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Debug>,
{
    Box::new(Loop { service, of: Of::Frames })
}

#[derive(Clone)]
struct Loop<S> {
    service: S,
    of: Of,
}

#[derive(Clone, Copy)]
enum Of {
    Calls(Ask),
    Frames,
}

impl<S, B> Racer for Loop<S>
where
    S: Service<Asked, Response = Response<B>, Error: Debug> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Debug>,
{
    fn run(&mut self, runtime: &Runtime, calls: u32) -> Duration {
        let start = Instant::now();
        match self.of {
            Of::Calls(ask) => runtime.block_on(unconstrained(support::calls(&mut self.service, ask, calls.into()))),
            Of::Frames => runtime.block_on(unconstrained(support::frames(&mut self.service, calls.into()))),
        }
        start.elapsed()
    }

    fn twin(&self) -> Contender {
        Box::new(self.clone())
    }
}
