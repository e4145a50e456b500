//! What pages are made of.

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderName, Request, Response};
use bytes::Bytes;
use http_body_util::Empty;
use palisade::Error;
use palisade::fallback::{self, Degraded, ServiceStep};
use palisade::http::AnswerLayer;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

/// Says that a response is not the page itself, by the number of the fallback's step that made it.
pub(crate) const DEGRADED: HeaderName = HeaderName::from_static("x-degraded");

/// A page has no upload.
pub(crate) type Get = Request<Empty<Bytes>>;

/// Makes a page. Boxed, so that stacks need not name the stacks inside them.
pub(crate) type Page = BoxCloneSyncService<Get, Response<Body>, Error>;

pub(crate) fn page<S, B>(service: S) -> Page
where
    S: Service<Get, Response = Response<B>, Error = Error, Future: Send> + Clone + Send + Sync + 'static,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    BoxCloneSyncService::new(service.map_response(|response: Response<B>| response.map(Body::new)))
}

/// Asks a server, and then the core about what the server said.
pub(crate) fn both(server: &Page, core: &Page) -> Page {
    let (server, core) = (server.clone(), core.clone());
    page(service_fn(move |request: Get| {
        let (server, core) = (server.clone(), core.clone());
        async move {
            let response = server.oneshot(request.clone()).await?;
            if response.status().is_success() { core.oneshot(request).await } else { Ok(response) }
        }
    }))
}

/// The step of a fallback that needs nobody.
pub(crate) fn text(text: &'static str) -> ServiceStep<Page> {
    fallback::service(page(service_fn(move |_: Get| async move { Ok(Response::new(Body::from(text))) })))
}

/// Serves each page at its path. Errors become responses, and responses say in a header what fallbacks say of them.
pub(crate) fn router(pages: impl Iterator<Item = (&'static str, Page)>) -> Router {
    pages.fold(Router::new(), |router, (path, page)| {
        let stack = ServiceBuilder::new()
            .map_request(|request: Request<Body>| request.map(|_| Empty::new()))
            .map_response(say_degraded)
            .layer(AnswerLayer::axum(|error: Error| error));
        router.route_service(&format!("/{path}"), stack.service(page))
    })
}

/// The extensions of a response are not sent; its headers are.
fn say_degraded(mut response: Response<Body>) -> Response<Body> {
    let degraded = response.extensions().get::<Degraded>().copied();
    if let Some(Degraded { step, .. }) = degraded {
        response.headers_mut().insert(DEGRADED, step.into());
    }
    response
}
