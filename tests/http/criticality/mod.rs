//! How much a call matters, in a header: what is read, what is written, and hops over real sockets.

mod headers;
mod hops;

use std::future::ready;

use http::{HeaderName, HeaderValue, Request, Response};
use palisade::http::criticality::{Bodies, Header};
use palisade::{Criticality, CriticalityLayer, Error};
use tower::{Layer, ServiceExt};

use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

use crate::support::strict;

static NAME: HeaderName = HeaderName::from_static("x-criticality");

type ByHeader = CriticalityLayer<Bodies<Header>>;

fn by_header() -> ByHeader {
    CriticalityLayer::header(NAME.clone())
}

fn with(values: &[&[u8]]) -> Request<()> {
    let mut request = Request::new(());
    for value in values {
        request.headers_mut().append(NAME.clone(), HeaderValue::from_bytes(value).unwrap());
    }
    request
}

/// The class below the layer, and the one value that it wrote.
async fn through(layer: ByHeader, request: Request<()>) -> Criticality {
    let service = strict(|request: Request<()>| {
        let written: Vec<_> = request.headers().get_all(&NAME).iter().collect();
        assert_eq!(written, [Criticality::current().as_str()], "all hops agree");
        let mut response = Response::new(());
        response.extensions_mut().insert(Criticality::current());
        ready(Ok::<_, Error>(response))
    });
    let response = layer.layer(service).oneshot(request).await.unwrap();
    *response.extensions().get().unwrap()
}
