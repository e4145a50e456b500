//! What is read of headers, and what is written.

use super::*;
use crate::client::no_room;

#[tokio::test]
async fn each_value_says_its_class() {
    for (value, class) in [
        ("critical-plus", CriticalPlus),
        ("critical", Critical),
        ("sheddable-plus", SheddablePlus),
        ("sheddable", Sheddable),
    ] {
        assert_eq!(through(by_header().allow(CriticalPlus), with(&[value.as_bytes()])).await, class);
    }
}

#[tokio::test]
async fn what_is_unknown_is_critical_and_goes_no_further() {
    let nonsense: [&[u8]; 9] = [
        b"",
        b"SHEDDABLE",
        b"Critical-Plus",
        b"critical_plus",
        b"sheddable,critical",
        b"2",
        b"\xff\xfe",
        "é".as_bytes(),
        b"sheddable-",
    ];
    for value in nonsense {
        assert_eq!(through(by_header().allow(CriticalPlus), with(&[value])).await, Critical, "{value:?}");
        assert_eq!(through(by_header().allow(Sheddable), with(&[value])).await, Sheddable, "{value:?}");
    }
}

#[tokio::test]
async fn of_several_values_the_lowest_counts() {
    for (values, class) in [
        ([&b"critical"[..], b"sheddable", b"critical-plus"], Sheddable),
        ([b"nonsense", b"critical-plus", b"critical-plus"], Critical),
        ([b"nonsense", b"sheddable-plus", b""], SheddablePlus),
    ] {
        assert_eq!(through(by_header().allow(CriticalPlus), with(&values)).await, class, "{values:?}");
    }
}

#[tokio::test]
async fn a_header_says_no_more_than_the_layer_allows() {
    for (value, allowed, class) in [
        ("critical-plus", Critical, Critical),
        ("critical-plus", SheddablePlus, SheddablePlus),
        ("critical", Sheddable, Sheddable),
        ("sheddable", Critical, Sheddable),
    ] {
        assert_eq!(through(by_header().allow(allowed), with(&[value.as_bytes()])).await, class);
    }
    assert_eq!(through(by_header(), with(&[b"critical-plus"])).await, Critical, "by default");
}

#[tokio::test]
async fn a_request_without_room_for_the_header_goes_on_without_it() {
    let service = by_header().allow(Sheddable).layer(strict(|request: Request<()>| {
        assert_eq!((Criticality::current(), request.headers().get(&NAME)), (Sheddable, None));
        ready(Ok::<_, Error>(Response::new(())))
    }));
    let mut request = Request::new(());
    *request.headers_mut() = no_room();
    service.clone().oneshot(request.clone()).await.unwrap();
    // The header is one of them, and says more than is allowed.
    request.headers_mut().remove("x-0");
    request.headers_mut().insert(NAME.clone(), HeaderValue::from_static("critical-plus"));
    service.oneshot(request).await.unwrap();
}

#[tokio::test]
async fn the_lower_of_scope_and_header_counts() {
    for (scope, header, class) in [
        (Sheddable, "critical", Sheddable),
        (Critical, "sheddable-plus", SheddablePlus),
        (CriticalPlus, "critical-plus", CriticalPlus),
    ] {
        assert_eq!(scope.scope(through(by_header().allow(CriticalPlus), with(&[header.as_bytes()]))).await, class);
    }
    assert_eq!(CriticalPlus.scope(through(by_header(), with(&[b"critical-plus"]))).await, Critical, "not allowed");
}

#[tokio::test]
async fn without_a_header_the_scope_counts_alone() {
    assert_eq!(through(by_header(), with(&[])).await, Critical);
    assert_eq!(through(by_header().allow(Sheddable), with(&[])).await, Sheddable, "nobody gains by leaving it out");
    for scope in [CriticalPlus, SheddablePlus] {
        assert_eq!(scope.scope(through(by_header(), with(&[]))).await, scope);
    }
}
