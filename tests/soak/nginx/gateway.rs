//! The gateway: axum in, hyper-util out, and a standard stack on either side.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use palisade::http::{ReplayBody, server_standard, standard};
use palisade::{Backoff, Budget, BulkheadHandle, CircuitHandle};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt};

use crate::ms;

pub(crate) struct Gateway {
    pub(crate) addr: SocketAddr,
    pub(crate) circuit: CircuitHandle,
    /// The places of requests, and those of attempts.
    pub(crate) places: [BulkheadHandle; 2],
}

impl Gateway {
    /// Serves at an address of its own, for as long as the runtime lives.
    pub(crate) async fn start(upstream: SocketAddr) -> Self {
        let server = server_standard(30);
        let client = standard("nginx")
            .unwrap()
            .total_timeout(ms(2000))
            .retry(|retry| {
                let budget = Budget::builder().capacity(50).build().unwrap();
                retry.backoff(Backoff::exponential(ms(5), ms(50))).budget(budget)
            })
            .unwrap()
            // It comes and goes with the faults.
            .circuit_breaker(|circuit| circuit.open_for(Backoff::exponential(ms(25), ms(100))))
            .unwrap()
            .bulkhead(24)
            .attempt_timeout(ms(200));
        let (circuit, attempts) = (client.handles().circuit, client.handles().bulkhead);
        let requests = server.handles().bulkhead;

        // Lets idle connections go soon, so that it comes to rest.
        let mut pool = Client::builder(TokioExecutor::new());
        let pool = pool.pool_timer(TokioTimer::new()).pool_idle_timeout(ms(200)).build_http::<ReplayBody<Body>>();
        let client = client.layer(pool);
        let forward = move |mut request: Request| {
            *request.uri_mut() = format!("http://{upstream}{}", request.uri().path()).parse().unwrap();
            client.clone().oneshot(request)
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = Router::new().fallback(forward).layer(server);
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { addr, circuit, places: [requests, attempts] }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.places.iter().map(BulkheadHandle::in_flight).sum()
    }
}
