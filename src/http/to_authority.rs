//! One server of many, reached through a client that all of them share.

use std::mem;
use std::task::{Context, Poll};

use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Uri};
use tower::Service;

use crate::error::ConfigError;

/// Sends requests to one server, whichever server their URIs name.
///
/// A client of HTTP goes where the URI says. With this around clones of one client, each replica of a service is a service of its
/// own, and all of them share the client's settings.
///
/// It sets the scheme and the authority of the URI, and keeps path, query, method, headers and body. It removes the header `Host`,
/// because that names the same as the authority: a client writes it anew from the URI in HTTP/1.1, and writes `:authority` in
/// HTTP/2, where a server may reject a request in which the two differ ([RFC 9113, 8.3.1]). Where servers must see another host,
/// set the header in a layer between this and the client, for HTTP/1.1. With `https`, the certificate must be for the host that is
/// named here.
///
/// [RFC 9113, 8.3.1]: https://www.rfc-editor.org/rfc/rfc9113#section-8.3.1
///
/// # Examples
///
/// ```
/// use http::Request;
/// use palisade::http::ToAuthority;
/// use tower::{ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = service_fn(|request: Request<()>| async move { Ok::<_, std::io::Error>(request.uri().to_string()) });
/// let replica = ToAuthority::new(client, "http://10.0.0.1:8080")?;
///
/// let asked = replica.oneshot(Request::get("http://orders/7?full").body(())?).await?;
/// assert_eq!(asked, "http://10.0.0.1:8080/7?full");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ToAuthority<S> {
    inner: S,
    scheme: Scheme,
    authority: Authority,
}

impl<S> ToAuthority<S> {
    /// Wraps a client, to send its requests to this server: a scheme, a host, and a port unless it is the scheme's own.
    ///
    /// # Errors
    ///
    /// When `server` is something else, or says more, such as a path or a user's name.
    pub fn new(inner: S, server: &str) -> Result<Self, ConfigError> {
        let (scheme, authority) = parse(server).ok_or_else(|| illegal(server))?;
        Ok(Self { inner, scheme, authority })
    }

    fn readdress(&self, uri: Uri) -> Uri {
        let mut parts = uri.into_parts();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
        Uri::from_parts(parts).expect("it has all its parts")
    }
}

fn parse(server: &str) -> Option<(Scheme, Authority)> {
    // A fragment, which the parser leaves out.
    let has_fragment = server.contains('#');
    let parts = server.parse::<Uri>().ok()?.into_parts();
    let authority = parts.authority.filter(is_host)?;
    let has_path = parts.path_and_query.is_some_and(|path| path != "/");
    if has_path || has_fragment { None } else { Some((parts.scheme?, authority)) }
}

/// Whether it is a host, with a port or without, and no more.
fn is_host(authority: &Authority) -> bool {
    let host = authority.host();
    let Some(rest) = authority.as_str().strip_prefix(host).filter(|_| !host.is_empty()) else { return false };
    rest.is_empty() || authority.port_u16().is_some()
}

fn illegal(server: &str) -> ConfigError {
    let legal = "a scheme, a host and its port, such as `http://10.0.0.1:8080`";
    ConfigError::new("server", format_args!("{server:?}"), legal).of("authority")
}

impl<S, B> Service<Request<B>> for ToAuthority<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.headers_mut().remove(HOST);
        let uri = mem::take(request.uri_mut());
        *request.uri_mut() = self.readdress(uri);
        self.inner.call(request)
    }
}
