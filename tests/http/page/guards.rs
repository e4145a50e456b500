//! Who may read and steer.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http_body::Frame;

use super::*;

#[tokio::test]
async fn a_page_is_closed_until_it_is_opened() {
    let page = Registry::new().page();
    for path in WHOLE.into_iter().chain(["/events"]) {
        let said = get(&page, path).await;
        assert_eq!(said.status, 403, "{path}");
        assert!(said.text.contains("`reading`"), "{path}: {}", said.text);
    }
    let said = ask(&page, post().body(Full::<Bytes>::from(FORCE_OPEN)).unwrap()).await;
    assert_eq!(said.status, 403);
    assert!(said.text.contains("`steering`"), "{}", said.text);
}

#[tokio::test]
async fn each_reader_is_asked_about() {
    let page =
        Registry::new().page().reading(|parts| parts.headers.get("cookie").is_some_and(|cookie| cookie == "token=7"));
    let read = async |cookie: &str, page: &Page| {
        let request = Request::get("/instances").header("cookie", cookie).body(Full::<Bytes>::default()).unwrap();
        ask(page, request).await
    };
    assert_eq!(read("token=7", &page).await.status, 200);
    assert_eq!(read("token=8", &page).await.status, 403);
    assert_eq!(read("token=8", &page).await.header("www-authenticate"), None);
    let asks = page.ask_password();
    let said = read("token=8", &asks).await;
    assert_eq!(
        (said.status, said.header("www-authenticate").unwrap()),
        (401, r#"Basic realm="palisade", charset="UTF-8""#)
    );
}

#[tokio::test]
async fn reading_does_not_open_steering() {
    let page = Registry::new().page().reading(|_| true);
    assert_eq!(ask(&page, post().body(Full::<Bytes>::from(FORCE_OPEN)).unwrap()).await.status, 403);
    let greeting = Events::of(&page).await.unwrap().next().await;
    assert!(greeting.ends_with(b"event: hello\ndata: {\"steer\":false}\n\n"), "{greeting:?}");
    let greeting = Events::of(&page.steering(|_| true)).await.unwrap().next().await;
    assert!(greeting.ends_with(b"event: hello\ndata: {\"steer\":true}\n\n"), "{greeting:?}");
}

/// A row: what is other than in a request of the page itself, and the status. 404 is for what would steer, if it were there.
const ELSEWHERE: [(&str, &str, Option<&str>, u16); 22] = [
    ("as the page sends it", "x-other", None, 404),
    ("a program without a browser", "origin", None, 404),
    ("an old browser", "sec-fetch-site", None, 404),
    ("a form", "content-type", Some("application/x-www-form-urlencoded"), 415),
    ("a form with files", "content-type", Some("multipart/form-data; boundary=x"), 415),
    ("a form that looks like JSON", "content-type", Some("text/plain"), 415),
    ("no type", "content-type", None, 415),
    ("a type that begins like JSON", "content-type", Some("application/jsonp"), 415),
    ("JSON behind another type", "content-type", Some("text/plain; application/json"), 415),
    ("JSON with a charset", "content-type", Some("Application/JSON; charset=utf-8"), 404),
    ("another site", "origin", Some("https://evil.example"), 403),
    ("a site that begins so", "origin", Some("https://ops.example.evil"), 403),
    ("another port", "origin", Some("https://ops.example:8443"), 403),
    ("a sandboxed frame", "origin", Some("null"), 403),
    ("an empty origin", "origin", Some(""), 403),
    ("an origin without a scheme", "origin", Some("ops.example"), 403),
    ("a script of another site", "sec-fetch-site", Some("cross-site"), 403),
    ("a script of a sister site", "sec-fetch-site", Some("same-site"), 403),
    ("an address typed in", "sec-fetch-site", Some("none"), 403),
    ("no host", "host", None, 403),
    ("another host", "host", Some("evil.example"), 403),
    ("a host in capitals", "host", Some("OPS.example"), 404),
];

#[tokio::test]
async fn what_comes_from_elsewhere_does_not_steer() {
    let page = open(&Registry::new());
    for (what, name, value, status) in ELSEWHERE {
        let request = with(post(), name, value).body(Full::<Bytes>::from(FORCE_OPEN)).unwrap();
        let said = ask(&page, request).await;
        assert_eq!(said.status, status, "{what}: {}", said.text);
    }
    for (name, value) in
        [("origin", "https://ops.example"), ("content-type", "application/json"), ("host", "ops.example")]
    {
        let request = post().header(name, value).body(Full::<Bytes>::from(FORCE_OPEN)).unwrap();
        assert_ne!(ask(&page, request).await.status, 404, "{name} twice");
    }
}

#[tokio::test]
async fn options_is_never_allowed() {
    let page = open(&Registry::new());
    for path in WHOLE.into_iter().chain(["/events", "/steer"]) {
        let request = Request::options(path).header("origin", "https://ops.example");
        let request = request.header("access-control-request-method", "POST").body(Full::<Bytes>::default()).unwrap();
        let said = ask(&page, request).await;
        assert_eq!((said.status, said.header("access-control-allow-origin")), (405, None), "{path}");
    }
}

/// A row: the hosts of the page, what a request names, and whether it is served.
const HOSTS: [(&[&str], Option<&str>, bool); 12] = [
    (&["ops.example"], Some("ops.example"), true),
    (&["ops.example"], Some("OPS.example:8443"), true),
    (&["ops.example:8443"], Some("ops.example:8443"), true),
    (&["ops.example:8443"], Some("ops.example"), false),
    (&["ops.example"], Some("evil.example"), false),
    (&["ops.example"], Some("evil.example:ops.example"), false),
    (&["ops.example"], Some("ops.example.evil.example"), false),
    (&["127.0.0.1", "[::1]"], Some("[::1]:9000"), true),
    (&["127.0.0.1", "[::1]"], Some("localhost"), false),
    (&["ops.example"], None, false),
    (&[], Some("ops.example"), false),
    (&[""], Some(":80"), false),
];

#[tokio::test]
async fn a_rebound_host_is_refused() {
    for (hosts, host, is_served) in HOSTS {
        let page = open(&Registry::new()).hosts(hosts.iter().copied());
        let request = with(Request::get("/instances"), "host", host).body(Full::<Bytes>::default()).unwrap();
        assert_eq!(ask(&page, request).await.status == 200, is_served, "{hosts:?} {host:?}");
        let steer = with(with(post(), "host", host), "origin", None).body(Full::<Bytes>::from(FORCE_OPEN)).unwrap();
        assert_eq!(ask(&page, steer).await.status == 404, is_served, "{hosts:?} {host:?}");
    }
}

#[tokio::test]
async fn the_authority_of_http_2_is_the_host() {
    let page = open(&Registry::new()).hosts(["ops.example"]);
    let rows = [
        ("https://ops.example/instances", None, 200),
        ("https://evil.example/instances", None, 403),
        ("https://ops.example/instances", Some("evil.example"), 403),
        ("https://evil.example/instances", Some("ops.example"), 403),
    ];
    for (uri, host, status) in rows {
        let request = with(Request::get(uri), "host", host).body(Full::<Bytes>::default()).unwrap();
        assert_eq!(ask(&page, request).await.status, status, "{uri} {host:?}");
    }
}

/// A body that never ends, and counts its pieces.
struct Endless(Arc<AtomicUsize>);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 1024])))))
    }
}

#[tokio::test]
async fn who_may_not_steer_is_told_before_the_body_is_read() {
    let polls = Arc::new(AtomicUsize::new(0));
    let page = Registry::new().page().steering(|_| false);
    let said = ask(&page, post().body(Endless(Arc::clone(&polls))).unwrap()).await;
    assert_eq!((said.status, polls.load(Ordering::SeqCst)), (403, 0));
}

#[tokio::test]
async fn no_more_is_read_than_a_steering_may_have() {
    let page = open(&Registry::new());
    let polls = Arc::new(AtomicUsize::new(0));
    let told = post().header("content-length", 100_000_000).body(Endless(Arc::clone(&polls))).unwrap();
    assert_eq!((ask(&page, told).await.status, polls.load(Ordering::SeqCst)), (413, 0));
    let untold = post().body(Endless(Arc::clone(&polls))).unwrap();
    assert_eq!((ask(&page, untold).await.status, polls.load(Ordering::SeqCst)), (413, 5));
}
