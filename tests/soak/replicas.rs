//! One service of three servers, each behind a proxy of its own, while all of them fail in one way after another, at other times.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Response, Uri};
use palisade::registry::{Metric, MetricKind, Reading};
use palisade::test_util::{Fault, FaultProxy};
use palisade::{
    Backoff, Budget, CircuitBreakerLayer, Error, FallbackLayer, Registry, Replica, Replicas, RetryLayer, TimeoutLayer,
    fallback,
};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder};

use crate::gateway::{Answer, DEGRADED, HttpClient, Stack, by_status, client, fetch};
use crate::heap::{self, Heap};
use crate::traffic::{Caller, Tally};
use crate::upstream::{Health, Server, Upstream};
use crate::{CALLERS, CYCLE, SLOT, TURN, ail, cycles, eventually, ms, now};

/// How many slots the faults of a server come later than those of the one before, so that never all three fail.
const LATER: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_fail_in_turn_lose_no_call_and_come_to_rest() {
    let _turn = TURN.lock().await;
    let gateway = Gateway::new();
    // The first is to allocate what is allocated once.
    let mut tally = gateway.storm(1).await;
    let told = || heap::told(&gateway.registry);
    let (before, told_before) = (Heap::at_rest().await, told());
    tally += gateway.storm(cycles() - 1).await;
    let after = Heap::at_rest().await;

    let (ejected, passed_over) =
        (gateway.count("palisade_replica_ejections_total"), gateway.count("palisade_replica_passed_over_total"));
    eprintln!(
        "soak of replicas: {tally:?}, {ejected} ejected, {passed_over} passed over, {before:?} before, {after:?} after"
    );
    assert_eq!(tally.answered + tally.degraded + tally.dropped, tally.sent, "no call is lost");
    assert!([ejected, passed_over, tally.dropped].iter().all(|&times| times > 0), "the soak proves nothing");
    assert!(tally.answered * 2 > tally.sent, "each server fails half of the time, and others answer for it");
    assert!(after.is_within(before.with_history(told_before, told())), "{after:?} is left of {before:?}");
}

/// One server, and the proxy in front of it: both are new in each storm.
#[derive(Default)]
struct Place {
    upstream: Arc<Upstream>,
    /// Where the proxy listens.
    port: Arc<AtomicU16>,
}

/// The replicas around one client, and what there is to see of them.
struct Gateway {
    stack: Stack,
    places: [Place; 3],
    registry: Registry,
    /// The gauges when all is at rest.
    rest: Vec<Metric>,
}

impl Gateway {
    fn new() -> Self {
        let (places, client, registry) = (<[Place; 3]>::default(), client(), Registry::new());
        let mut replicas = Replicas::builder("soak").classify(by_status::<Bytes>).base(ms(100)).registry(&registry);
        for (name, place) in ["a", "b", "c"].into_iter().zip(&places) {
            replicas = replicas.replica(replica(name, client.clone(), Arc::clone(&place.port), &registry));
        }
        let degrade = |_: Result<&Answer, &Error>| Ok::<_, Infallible>(Response::new(Bytes::from_static(DEGRADED)));
        let retry = RetryLayer::builder("soak")
            .backoff(Backoff::exponential(ms(5), ms(20)))
            .budget(Budget::builder().capacity(500).build().unwrap())
            .classify(by_status::<Bytes>)
            .registry(&registry);
        let stack = ServiceBuilder::new()
            .layer(FallbackLayer::new(fallback::function(degrade)).classify(by_status::<Bytes>))
            .layer(TimeoutLayer::new(ms(500)))
            .layer(retry.build().unwrap())
            .service(replicas.build().unwrap());
        let rest = gauges(&registry);
        Self { stack: BoxCloneSyncService::new(stack), places, registry, rest }
    }

    /// Sends traffic through so many cycles of faults, and then holds the replicas to their promises.
    async fn storm(&self, cycles: usize) -> Tally {
        let (mut servers, mut proxies) = (Vec::new(), Vec::new());
        for place in &self.places {
            let server = Server::start(&place.upstream).await;
            let proxy = FaultProxy::start(server.addr()).await.unwrap();
            place.port.store(proxy.addr().port(), SeqCst);
            servers.push(server);
            proxies.push(proxy);
        }
        let start = now();
        let end = start + SLOT * u32::try_from(CYCLE.len() * cycles).unwrap();
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            callers.spawn(self.caller(number).call_until(end));
        }
        let ailing =
            self.places.iter().zip(servers).zip(&proxies).enumerate().map(|(number, ((place, server), proxy))| {
                let slots = slots(number, cycles).map(move |(from, slot)| (start + from, slot));
                ail(&place.upstream, server, slots, proxy)
            });
        let _servers = join_all(ailing).await;
        sleep_until(end).await;
        let tallies = timeout(Duration::from_secs(30), callers.join_all()).await.expect("each call ends");

        for proxy in &proxies {
            proxy.set(Fault::None);
        }
        let mut tally = self.recover().await;
        eventually("the servers are idle", || self.places.iter().all(|place| place.upstream.busy() == 0)).await;
        eventually("all connections are closed", || proxies.iter().all(|proxy| proxy.open() == 0)).await;
        for more in tallies {
            tally += more;
        }
        tally
    }

    /// Calls until all gauges are at rest: none in flight, each replica in service, and no circuit open.
    async fn recover(&self) -> Tally {
        let mut caller = self.caller(CALLERS);
        for _ in 0..2000 {
            caller.call(Duration::MAX).await;
            if gauges(&self.registry) == self.rest {
                return caller.tally;
            }
            sleep(ms(10)).await;
        }
        panic!("they are not at rest: {:#?} is not {:#?}", gauges(&self.registry), self.rest);
    }

    fn caller(&self, number: u64) -> Caller {
        // The replicas put their own address in the place of this.
        Caller::new(number, self.stack.clone(), ([127, 0, 0, 1], 0).into())
    }

    fn count(&self, name: &str) -> u64 {
        let metrics = self.registry.metrics();
        let samples = metrics.iter().filter(|metric| metric.name == name).flat_map(|metric| &metric.samples);
        samples.map(|sample| if let Reading::Count(times) = sample.value { times } else { 0 }).sum()
    }
}

/// A replica with a circuit and an attempt timeout of its own, whose proxy listens at this port.
fn replica(
    name: &'static str,
    client: HttpClient,
    port: Arc<AtomicU16>,
    registry: &Registry,
) -> Replica<impl Service<Uri, Response = Answer, Error = Error, Future: Send> + Clone + Send + Sync + 'static> {
    let circuit = CircuitBreakerLayer::builder(name)
        .min_calls(10)
        .time_window(ms(500), 10)
        .open_for(Backoff::exponential(ms(25), ms(100)))
        .classify(by_status::<Bytes>)
        .registry(registry)
        .build()
        .unwrap();
    let handle = circuit.handle();
    let service = ServiceBuilder::new().layer(circuit).layer(TimeoutLayer::new(ms(100))).service_fn(move |uri: Uri| {
        let server = format!("http://127.0.0.1:{}{}", port.load(SeqCst), uri.path());
        fetch(client.clone(), server.parse().unwrap())
    });
    Replica::new(name, service).judge(handle)
}

/// What befalls one of the servers, and from when on.
fn slots(number: usize, cycles: usize) -> impl Iterator<Item = (Duration, (Fault, Health))> {
    let script = CYCLE.into_iter().cycle().skip(number * LATER).take(CYCLE.len() * cycles);
    (0..).map(|slot| SLOT * slot).zip(script)
}

/// But for ratios, which are there as long as calls come.
fn gauges(registry: &Registry) -> Vec<Metric> {
    let is_level = |metric: &Metric| metric.kind == MetricKind::Gauge && !metric.name.ends_with("_ratio");
    registry.metrics().into_iter().filter(is_level).collect()
}
