//! What wraps a reqwest client.

use palisade::reqwest::ReqwestLayer;

use super::*;

pub(super) fn stack(inner: Inner, at: At) -> Stack {
    let layer = ServiceBuilder::new()
        .map_response(Response::<reqwest::Body>::from)
        .map_request(|request: Request<Plain>| {
            let request = request.map(|_| Bytes::new());
            reqwest::Request::try_from(request).expect("a request that reqwest takes")
        })
        .layer(ReqwestLayer);
    let handles = Handles::of(&inner).with(Streams);
    let server = Server { inner, at, tallies: handles.tallies.clone() };
    super::stack(&layer, &server, handles)
}
