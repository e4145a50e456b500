//! Requests that wait for a response together.

use futures_util::future::join_all;

use super::*;

/// What each of so many requests gets that come at once.
async fn together(service: &Cached, count: usize, headers: Headers) -> Vec<String> {
    join_all((0..count).map(|_| get(service, headers))).await
}

const ANEW: Headers = &[("cache-control", "no-cache")];

#[tokio::test(start_paused = true)]
async fn those_who_want_it_anew_share_one_call() {
    for headers in [ANEW, &[("pragma", "no-cache")], &[("cache-control", "max-age=0")]] {
        let origin = Origin::says(&[("cache-control", "max-age=30")]);
        let service = slowed(builder(), &origin);
        get(&service, &[]).await;
        assert_eq!(together(&service, 50, headers).await, ["2"; 50], "{headers:?}");
        assert_eq!(origin.calls(), 2, "{headers:?}");
    }
}

/// What was asked for before they came may be older than what they know of.
#[tokio::test(start_paused = true)]
async fn those_who_want_it_anew_share_a_call_that_began_after_they_came() {
    let origin = Origin::says(&[("cache-control", "max-age=30")]);
    let service = slowed(builder(), &origin);
    let before = together(&service, 10, &[]);
    let after = async {
        tokio::time::sleep(SECOND / 2).await;
        together(&service, 10, ANEW).await
    };
    let (before, after) = tokio::join!(before, after);
    assert_eq!((before, after), (vec!["1".to_owned(); 10], vec!["2".to_owned(); 10]));
    assert_eq!(origin.calls(), 2);
}

/// A request that takes what is kept would be answered by a cache further down.
#[tokio::test(start_paused = true)]
async fn those_who_want_it_anew_share_no_call_of_one_who_does_not() {
    let origin = Origin::says(&[("cache-control", "max-age=30")]);
    let service = slowed(builder(), &origin);
    let (plain, anew) = tokio::join!(together(&service, 10, &[]), together(&service, 10, ANEW));
    assert_eq!((plain, anew), (vec!["1".to_owned(); 10], vec!["2".to_owned(); 10]));
    let (anew, plain) = tokio::join!(together(&service, 10, ANEW), together(&service, 10, &[]));
    assert_eq!((anew, plain), (vec!["3".to_owned(); 10], vec!["2".to_owned(); 10]), "it is kept still");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_kept_is_shared_by_who_waits_for_it() {
    for status in [302, 307, 400, 403, 404, 410, 418, 500, 501, 503] {
        let origin = Origin::responds(status, &[]);
        let service = slowed(builder(), &origin);
        for calls in 1..=2 {
            assert_eq!(together(&service, 50, &[]).await, vec![calls.to_string(); 50], "{status}");
            assert_eq!(origin.calls(), calls, "{status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_who_miss_what_is_not_there_make_one_call() {
    let origin = Origin::responds(404, &[]);
    let service = slowed(builder(), &origin);
    assert_eq!(together(&service, 10_000, &[]).await, vec!["1"; 10_000]);
    assert_eq!(origin.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_response_for_one_alone_is_shared_with_no_status() {
    let rows: [Headers; 5] = [
        &[("cache-control", "private")],
        &[("cache-control", "no-store")],
        &[("cache-control", "no-cache")],
        &[("set-cookie", "a=b")],
        &[("vary", "*")],
    ];
    for (status, headers) in [200, 302, 404, 500].into_iter().flat_map(|status| rows.map(|row| (status, row))) {
        let origin = Origin::responds(status, headers);
        let mut bodies = together(&slowed(builder(), &origin), 5, &[]).await;
        bodies.sort();
        assert_eq!(bodies, ["1", "2", "3", "4", "5"], "{status} {headers:?}");
    }
}
