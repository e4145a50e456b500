//! Responses that vary by headers of their requests.

use super::*;

const ENGLISH: Headers = &[("accept-language", "en")];
const GERMAN: Headers = &[("accept-language", "de")];

#[tokio::test(start_paused = true)]
async fn each_variant_is_kept_for_requests_like_its_own() {
    let service =
        cached(builder(), &Origin::says(&[("cache-control", "max-age=30"), ("vary", "Accept-Language, X-A")]));
    for (headers, call) in [(ENGLISH, "1"), (GERMAN, "2"), (ENGLISH, "1"), (GERMAN, "2"), (&[], "3"), (&[], "3")] {
        assert_eq!(get(&service, headers).await, call, "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_varies_by_everything_is_not_kept() {
    for vary in ["*", "accept, *", "accept, \u{fc}"] {
        let headers: Headers = Box::leak(Box::new([("cache-control", "max-age=30"), ("vary", vary)]));
        let service = cached(builder(), &Origin::says(headers));
        assert_eq!([get(&service, &[]).await, get(&service, &[]).await], ["1", "2"], "{vary}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_gets_no_variant_of_another() {
    let calls = Arc::new(AtomicUsize::new(0));
    let inner = service_fn({
        let calls = Arc::clone(&calls);
        move |request: Request<Body>| {
            calls.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(SECOND).await;
                let language = request.headers()["accept-language"].to_str().unwrap().to_owned();
                let response =
                    Response::builder().header("cache-control", "max-age=30").header("vary", "accept-language");
                Ok::<_, Error>(response.body(Body::from(language)).unwrap())
            }
        }
    });
    let service = builder().build().unwrap().layer(inner);
    let waiting = (0..100).map(|number| {
        let headers = if number % 2 == 0 { ENGLISH } else { GERMAN };
        let call = service.clone().oneshot(request("GET", "/", headers));
        async move { (headers[0].1, call.await.unwrap().into_body().collect().await.unwrap().to_bytes()) }
    });
    for (language, body) in futures_util::future::join_all(waiting).await {
        assert_eq!(body, language);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2, "one call for each variant");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_begins_to_vary_is_found_anew() {
    let origin = Origin::says(&[("cache-control", "max-age=30")]);
    let service = cached(builder(), &origin);
    assert_eq!([get(&service, ENGLISH).await, get(&service, GERMAN).await], ["1", "1"]);
    advance(30 * SECOND).await;
    origin.will(200, &[("cache-control", "max-age=30"), ("vary", "accept-language")]);
    assert_eq!([get(&service, ENGLISH).await, get(&service, GERMAN).await], ["2", "3"]);
    assert_eq!([get(&service, ENGLISH).await, get(&service, GERMAN).await], ["2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn an_unsafe_request_throws_all_variants_away() {
    let service = cached(builder(), &Origin::says(&[("cache-control", "max-age=30"), ("vary", "accept-language")]));
    assert_eq!([get(&service, ENGLISH).await, get(&service, GERMAN).await], ["1", "2"]);
    ask(&service, request("PUT", "/", &[])).await;
    assert_eq!([get(&service, ENGLISH).await, get(&service, GERMAN).await], ["4", "5"]);
}
