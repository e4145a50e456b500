//! The service, and what it is told.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Method, Request};
use http_body::Body;
use tower::Service;

use super::future::PageFuture;
use super::gate::Gate;
use super::live::Live;
use super::paths::{self, Path};
use super::refusal::Refusal;
use super::reply;
use super::shared::Shared;
use crate::registry::Registry;

/// Serves a registry as a live page, see the [page of this module](super).
///
/// Made by [`Registry::page`]. Clones share their streams. Each setter makes a page of its own.
#[derive(Clone)]
#[must_use]
pub struct Page {
    shared: Arc<Shared>,
}

impl Registry {
    /// Makes a service that shows this registry as a live page. It is closed: see [`Page::reading`].
    pub fn page(&self) -> Page {
        Page::of(self.clone(), Gate::default())
    }
}

impl Page {
    fn of(registry: Registry, gate: Gate) -> Self {
        Self { shared: Arc::new(Shared { registry, gate, live: Live::new() }) }
    }

    fn with(self, set: impl FnOnce(&mut Gate)) -> Self {
        let mut gate = self.shared.gate.clone();
        set(&mut gate);
        Self::of(self.shared.registry.clone(), gate)
    }

    /// Opens the page to those for whom `authorize` returns `true`.
    ///
    /// It is asked at each request but those to steer, before anything is read or made. Where it looks for a token, the token must be in
    /// a cookie or in the header `Authorization` of basic authentication: a stream of events sends no other headers. Defaults to
    /// nobody.
    pub fn reading(self, authorize: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|gate| gate.reading = Some(Arc::new(authorize)))
    }

    /// Lets those steer for whom `authorize` returns `true`.
    ///
    /// It is asked before the body of the request is read, and beside it the request must come from the page itself. It is also asked
    /// when a stream of events begins, so that the page shows buttons to those only who may use them. Who steers can reject every call
    /// of the process: open it to few. Defaults to nobody.
    pub fn steering(self, authorize: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|gate| gate.steering = Some(Arc::new(authorize)))
    }

    /// Sets who steers, by the request, as the event of a steering and the timeline say it.
    ///
    /// Such as the user that a proxy has put into a header. At most 200 characters of it are kept. Defaults to `"page"`.
    pub fn who(self, who: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        self.with(|gate| gate.who = Some(Arc::new(who)))
    }

    /// Sets the hosts under which the page may be asked for, such as `["ops.example.com", "127.0.0.1:9000"]`.
    ///
    /// Set them wherever a browser can reach the page: a site whose name suddenly resolves to the address of the page (DNS rebinding)
    /// is then refused. A host without a port stands for all its ports, and one that is none matches no request. Defaults to any host.
    pub fn hosts(self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(|gate| gate.hosts = Some(hosts.into_iter().map(Into::into).collect()))
    }

    /// Answers those who may not read with 401, so that a browser asks for a name and a password.
    ///
    /// For an `authorize` that looks at basic authentication. Defaults to 403, with which it does not ask.
    pub fn ask_password(self) -> Self {
        self.with(|gate| gate.asks_password = true)
    }

    /// Shows the keys of layers per key, and the names of replicas.
    ///
    /// Keys may be users, tokens or addresses. Layers that do not show their keys are not asked for them either. Defaults to hiding
    /// them.
    pub fn show_keys(self) -> Self {
        self.with(|gate| gate.shows_keys = true)
    }

    /// Responds, or says who steers.
    fn respond(&self, parts: &Parts) -> Result<paths::Answer, Refusal> {
        let Shared { gate, .. } = &*self.shared;
        gate.check_host(parts)?;
        let path = Path::of(parts.uri.path()).ok_or(Refusal::NotFound)?;
        path.check_method(&parts.method)?;
        if path == Path::Steer {
            gate.check_steering(parts)?;
            return Ok(paths::Answer::Steer { by: gate.who(parts) });
        }
        gate.check_reading(parts)?;
        path.respond(&self.shared, parts).map(paths::Answer::Whole)
    }
}

impl<B: Body> Service<Request<B>> for Page {
    type Response = reply::Reply;
    type Error = Infallible;
    type Future = PageFuture<B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> PageFuture<B> {
        let (parts, body) = request.into_parts();
        let response = match self.respond(&parts) {
            Ok(paths::Answer::Steer { by }) => return PageFuture::steer(Arc::clone(&self.shared), by, body),
            Ok(paths::Answer::Whole(response)) => response,
            Err(refusal) => reply::refuse(refusal),
        };
        PageFuture::ready(if parts.method == Method::HEAD { reply::head_of(response) } else { response })
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Page").field(&self.shared).finish()
    }
}
