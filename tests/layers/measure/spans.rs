//! A span for each attempt.

use palisade::measure::SpanLayer;
use palisade::{Backoff, RetryLayer};
use tracing::{Span, info};

use super::*;
use crate::spans::{Fields, Spans};

fn spans() -> SpanLayer {
    SpanLayer::new("orders").expect("the name is legal")
}

/// The attempts that were spanned, and how each ended.
fn attempts(spans: &Spans) -> Vec<(String, String)> {
    let field = |span: &Fields, name: &str| span.get(name).cloned().unwrap_or_default();
    spans.of("palisade::measure").iter().map(|span| (field(span, "attempt"), field(span, "outcome"))).collect()
}

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(attempt, outcome)| ((*attempt).to_owned(), (*outcome).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_span_with_its_number_and_outcome() {
    let recorded = Spans::record();
    let retry = RetryLayer::builder("orders").backoff(Backoff::constant(MILLI)).build().unwrap();
    let service = ServiceBuilder::new().layer(retry).layer(spans()).service(coded(&[5, 6, 200]));
    assert_eq!(service.oneshot(1).await.unwrap(), 200);
    assert_eq!(attempts(&recorded), rows(&[("1", "failure"), ("2", "failure"), ("3", "success")]));
    assert!(recorded.of("palisade::measure").iter().all(|span| span["name"] == "orders"));
}

#[tokio::test(start_paused = true)]
async fn a_span_tells_how_an_attempt_without_a_result_ended() {
    let recorded = Spans::record();
    drop(begin(&mut spans().layer(hung()), 1));
    drop(call(&mut spans().layer(coded(&[REJECTED])), 1).poll());
    let limited = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(spans()).service(hung());
    assert!(limited.oneshot(1).await.is_err());
    let mut panicking =
        call(&mut spans().layer(service_fn(async |_: u32| -> Result<u32, Down> { panic!("in poll") })), 1);
    assert!(panics(|| drop(panicking.poll())));
    drop(panicking);
    assert_eq!(attempts(&recorded), rows(&[("1", "abandoned"), ("1", "rejected"), ("1", "failure"), ("1", "failure")]));
}

#[tokio::test(start_paused = true)]
async fn the_service_runs_inside_of_the_span() {
    let _recorded = Spans::record();
    let name = || Span::current().metadata().map(tracing::Metadata::name);
    let service = strict(move |()| {
        let in_call = name();
        async move {
            sleep(MILLI).await;
            info!("in the last poll");
            Ok::<_, Down>((in_call, name()))
        }
    });
    assert_eq!(spans().layer(service).oneshot(()).await.unwrap(), (Some("attempt"), Some("attempt")));
    assert_eq!(name(), None);
}
