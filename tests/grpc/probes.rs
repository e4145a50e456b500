//! Circuits that open and recover, also by streams that go on and on.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use palisade::{
    Backoff, CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Phase, RejectionReason,
};
use tokio::time::sleep;
use tonic::{Code, Status, Streaming, transport::Channel};
use tonic_health::pb::{HealthCheckResponse, health_client::HealthClient};

use crate::{
    client::{ByCode, ask, drain, in_circuit, next, rejection, soon, until},
    server::{Reply, now, serve_script},
};

type Client = HealthClient<CircuitBreaker<Channel, ByCode>>;

/// A circuit that opens at the first failure, for ten milliseconds.
fn brittle(probes: u32) -> CircuitBreakerBuilder<ByCode> {
    let open_for = Backoff::constant(Duration::from_millis(10));
    CircuitBreakerLayer::grpc("health").consecutive(1).open_for(open_for).probes(probes)
}

/// A service that fails its first call, whose other streams are open for ever.
async fn serve_fallen() -> SocketAddr {
    serve_script(|call| match call {
        0 => Reply::Status(Status::internal("down")),
        _ => Reply::Open,
    })
    .await
    .0
}

/// Opens the circuit by a call that fails, and waits until it would let a probe pass.
async fn trip(client: &mut Client, circuit: &CircuitHandle) {
    assert_eq!(client.watch(ask()).await.unwrap_err().code(), Code::Internal);
    assert_eq!(circuit.phase(), Phase::Open);
    until("the open time is over", || circuit.snapshot().retry_after == Some(Duration::ZERO)).await;
}

/// Calls until the circuit lets one pass, which is served; `meanwhile` is asked before.
async fn wait_for_a_call(client: &mut Client, meanwhile: impl Fn()) {
    let wait = async {
        while let Err(status) = client.check(ask()).await {
            assert_eq!(rejection(&status), Some(RejectionReason::CircuitOpen));
            meanwhile();
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon(wait).await;
}

/// Begins a stream, and reads its first message.
async fn begin(client: &mut Client) -> Streaming<HealthCheckResponse> {
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    stream
}

#[tokio::test]
async fn an_open_circuit_sends_nothing_until_its_time_is_over() {
    let is_well = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_well);
    let (addr, calls) = serve_script(move |_| {
        if asked.load(Ordering::SeqCst) { Reply::Served } else { Reply::Status(Status::internal("down")) }
    })
    .await;
    let open_for = Duration::from_millis(200);
    let (mut client, circuit) = in_circuit(addr, brittle(1).open_for(Backoff::constant(open_for)));
    client.check(ask()).await.unwrap_err();
    is_well.store(true, Ordering::SeqCst);
    wait_for_a_call(&mut client, || assert_eq!(calls.count(), 1)).await;
    assert!(calls.pauses()[0] >= open_for, "{:?}", calls.pauses());
    assert_eq!((calls.count(), circuit.phase()), (2, Phase::Closed));
}

#[tokio::test]
async fn a_circuit_that_opens_on_a_hint_in_the_trailers_stays_open_for_as_long() {
    let (addr, calls) = serve_script(|call| match call {
        0 => {
            let mut status = Status::resource_exhausted("later");
            status.metadata_mut().insert("grpc-retry-pushback-ms", "200".parse().unwrap());
            Reply::Broken(status)
        }
        _ => Reply::Served,
    })
    .await;
    let circuit = brittle(1).failure_rate(1.0).min_calls(1).max_retry_after(Duration::from_secs(1));
    let (mut client, circuit) = in_circuit(addr, circuit);
    let stream = client.watch(ask()).await.unwrap().into_inner();
    assert_eq!(drain(stream).await.unwrap_err().code(), Code::ResourceExhausted);
    assert_eq!(circuit.phase(), Phase::Open);
    wait_for_a_call(&mut client, || ()).await;
    assert!(calls.pauses()[0] >= Duration::from_millis(200), "{:?}", calls.pauses());
}

#[tokio::test]
async fn a_probe_that_still_streams_after_half_the_time_is_a_success_and_frees_its_place() {
    let half_open_for = Duration::from_secs(1);
    let (mut client, circuit) = in_circuit(serve_fallen().await, brittle(1).half_open_for(half_open_for));
    trip(&mut client, &circuit).await;
    let begun = now();
    let mut stream = begin(&mut client).await;
    let rejected = client.watch(ask()).await.unwrap_err();
    assert_eq!((circuit.phase(), rejection(&rejected)), (Phase::HalfOpen, Some(RejectionReason::ProbesTaken)));
    let reader = tokio::spawn(async move { stream.message().await });
    until("the probe has counted", || circuit.phase() == Phase::Closed).await;
    assert!(begun.elapsed() >= half_open_for / 2);
    assert!(!reader.is_finished());
    drop(begin(&mut client).await);
    reader.abort();
    assert!(reader.await.unwrap_err().is_cancelled());
    assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::Closed, 0));
}

#[tokio::test]
async fn probes_that_streams_hold_are_given_back_when_the_streams_are_dropped() {
    let (mut client, circuit) = in_circuit(serve_fallen().await, brittle(2));
    trip(&mut client, &circuit).await;
    for _ in 0..5 {
        let streams = (begin(&mut client).await, begin(&mut client).await);
        for _ in 0..3 {
            let rejected = client.watch(ask()).await.unwrap_err();
            assert_eq!(rejection(&rejected), Some(RejectionReason::ProbesTaken));
        }
        drop(streams);
        assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::HalfOpen, 0));
    }
}

#[tokio::test]
async fn probes_that_end_well_close_the_circuit_only_when_their_streams_have_ended() {
    let (addr, _) = serve_script(|call| match call {
        0 => Reply::Status(Status::internal("down")),
        _ => Reply::Paced(Duration::from_millis(20)),
    })
    .await;
    let (mut client, circuit) = in_circuit(addr, brittle(2));
    trip(&mut client, &circuit).await;
    let (first, second) = (begin(&mut client).await, begin(&mut client).await);
    assert_eq!(drain(first).await.unwrap(), 2);
    assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::HalfOpen, 1));
    assert_eq!(drain(second).await.unwrap(), 2);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test]
async fn a_probe_whose_stream_ends_badly_opens_the_circuit_again() {
    let (addr, _) = serve_script(|call| match call {
        0 => Reply::Status(Status::internal("down")),
        _ => Reply::Broken(Status::internal("down again")),
    })
    .await;
    let (mut client, circuit) = in_circuit(addr, brittle(1));
    trip(&mut client, &circuit).await;
    let stream = begin(&mut client).await;
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    drain(stream).await.unwrap_err();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test]
async fn a_probe_that_nobody_reads_counts_too() {
    let (mut client, circuit) = in_circuit(serve_fallen().await, brittle(1).half_open_for(Duration::from_millis(100)));
    trip(&mut client, &circuit).await;
    let unread = begin(&mut client).await;
    until("the probe has counted", || circuit.phase() == Phase::Closed).await;
    drop(unread);
    assert_eq!(circuit.snapshot().late, 0);
}

#[tokio::test]
async fn a_stream_from_before_the_break_settles_nothing() {
    let (addr, _) = serve_script(|call| match call {
        0 => Reply::Paced(Duration::from_millis(100)),
        1 => Reply::Status(Status::internal("down")),
        _ => Reply::Open,
    })
    .await;
    let (mut client, circuit) = in_circuit(addr, brittle(1));
    let straggler = begin(&mut client).await;
    trip(&mut client, &circuit).await;
    let probe = begin(&mut client).await;
    assert_eq!(drain(straggler).await.unwrap(), 2);
    assert_eq!((circuit.phase(), circuit.snapshot().late), (Phase::HalfOpen, 1));
    drop(probe);
}
