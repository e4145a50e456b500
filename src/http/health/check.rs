//! A check that sends a request.

use std::borrow::Cow;
use std::marker::PhantomData;

use http::{Request, Response, StatusCode, Uri};
use tower::{BoxError, Service};

use crate::call::Oneshot;
use crate::debug::debug_by_type;
use crate::health::{Check, HealthCheck, HealthCheckBuilder};
use crate::state::verdict::Verdict;

/// Sends a `GET` with an empty body, and looks at the status. Made by [`HealthCheck::http`].
pub struct HttpCheck<S, B> {
    service: S,
    uri: Uri,
    status: Option<StatusCode>,
    body: PhantomData<fn() -> B>,
}

impl HealthCheck {
    /// Starts to build a check that sends a request to a service, such as a client of hyper-util's, and looks at the status.
    ///
    /// Any status from 200 to 299 is healthy, unless [`status`](HealthCheckBuilder::status) says which. The head must come within the
    /// [`timeout`](HealthCheckBuilder::timeout), of 5 seconds unless it is set. The body of the response is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{convert::Infallible, time::Duration};
    /// use http::{Request, Response, StatusCode, Uri};
    /// use palisade::HealthCheck;
    /// use tower::service_fn;
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// // In place of a client.
    /// let client = service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new(())) });
    /// let orders = HealthCheck::http("orders", client, Uri::from_static("http://orders/health"));
    /// let orders = orders.status(StatusCode::OK).timeout(Duration::from_secs(1)).build()?;
    /// # drop(orders);
    /// # Ok(())
    /// # }
    /// ```
    pub fn http<S, B>(name: impl Into<Cow<'static, str>>, service: S, uri: Uri) -> HealthCheckBuilder<HttpCheck<S, B>>
    where
        HttpCheck<S, B>: Check,
    {
        Self::builder(name, HttpCheck { service, uri, status: None, body: PhantomData })
    }
}

impl<S, B> HealthCheckBuilder<HttpCheck<S, B>> {
    /// Sets the one status that is healthy. Defaults to any from 200 to 299.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.check.status = Some(status);
        self
    }
}

impl<S, B, R> Check for HttpCheck<S, B>
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError> + 'static, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Default + Send + 'static,
    R: Send,
{
    async fn check(&mut self) -> Result<Verdict, BoxError> {
        let mut request = Request::new(B::default());
        *request.uri_mut() = self.uri.clone();
        let status = Oneshot::new(self.service.clone(), request).await?.status();
        let is_healthy = self.status.map_or_else(|| status.is_success(), |wanted| status == wanted);
        if is_healthy { Ok(Verdict::Healthy) } else { Err(format!("status {status}").into()) }
    }
}

debug_by_type! { HttpCheck<S, B> }
