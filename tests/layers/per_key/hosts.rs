//! Keys that are the hosts of HTTP requests.

use std::convert::Infallible;
use std::future::ready;

use http::header::HOST;
use http::{HeaderValue, Request};
use palisade::BulkheadLayer;
use palisade::http::host;
use tower::{Layer, Service, ServiceExt, service_fn};

/// No name is longer, with its port.
const LONGEST: usize = 261;

/// A request to this URI, with this header.
fn to(uri: &str, header: Option<&[u8]>) -> Request<()> {
    let mut request = Request::get(uri).body(()).expect("all URIs here are legal");
    if let Some(header) = header {
        request.headers_mut().insert(HOST, HeaderValue::from_bytes(header).expect("all headers here are legal"));
    }
    request
}

fn key(uri: &str, header: Option<&[u8]>) -> Option<String> {
    host(&to(uri, header)).authority().map(ToString::to_string)
}

#[test]
fn a_host_is_in_the_uri_or_else_in_the_header() {
    for (uri, header, told) in [
        ("http://user:secret@h:8080/", None, "h:8080"),
        ("http://[::1]:8080/", Some(&b"other"[..]), "[::1]:8080"),
        ("/", Some(b"[2001:db8::1]:443"), "[2001:db8::1]:443"),
        ("/", Some(b"user@h"), "h"),
        ("*", Some(b"h."), "h."),
    ] {
        assert_eq!(key(uri, header).as_deref(), Some(told), "{uri} {header:?}");
    }
}

#[test]
fn the_default_port_of_a_scheme_is_no_part_of_the_host() {
    for (uri, told) in [
        ("http://h:80/", "h"),
        ("HTTP://h:80/", "h"),
        ("http://me@[::1]:80/", "[::1]"),
        ("http://[::80]/", "[::80]"),
        ("https://h:443/", "h"),
        ("ws://h:80/", "h"),
        ("wss://h:443/", "h"),
        ("http://h:443/", "h:443"),
        ("https://h:80/", "h:80"),
        ("ftp://h:80/", "h:80"),
        ("http://h:8080/", "h:8080"),
        ("http://h:/", "h"),
        ("ftp://[::]:/", "[::]"),
    ] {
        assert_eq!(key(uri, None).as_deref(), Some(told), "{uri}");
    }
}

#[test]
fn what_is_no_host_is_none() {
    for header in [None, Some(&b""[..]), Some(b"user@"), Some(b"a b"), Some(b"\xff\xfe")] {
        assert_eq!(key("/", header), None, "{header:?}");
    }
}

#[test]
fn a_name_that_is_longer_than_any_host_is_none() {
    for (length, is_host) in [(LONGEST, true), (LONGEST + 1, false), (60_000, false)] {
        let name = "h".repeat(length);
        let told = is_host.then(|| name.clone());
        assert_eq!(key("/", Some(name.as_bytes())), told);
        assert_eq!(key(&format!("http://user@{name}/"), None), told);
    }
}

#[tokio::test]
async fn a_host_is_one_key_in_whatever_case_and_place_it_is_told() {
    let layer = BulkheadLayer::builder(1).per_key(host::<()>).build().unwrap();
    let mut service = layer.layer(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(()))));
    for (uri, header) in
        [("http://h.example:1/a", None), ("http://me@H.Example:1/b", None), ("/", Some(&b"h.EXAMPLE:1"[..]))]
    {
        service.ready().await.unwrap().call(to(uri, header)).await.unwrap();
    }
    assert_eq!(layer.handle().keys(), [host(&to("http://h.example:1/", None))]);
}
