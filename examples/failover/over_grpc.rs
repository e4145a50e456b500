//! Over gRPC: servers in Python, and a client of tonic's for each.

use std::env;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http::{Request, Response};
use palisade::http::ReplayBody;
use palisade::tonic::StatusLayer;
use palisade::{Backoff, CircuitBreakerLayer, Health, Policy, Replica, Replicas, RetryLayer, TimeoutLayer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tonic::body::Body;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::{BoxError, ServiceBuilder};

use crate::script::Server;
use crate::traffic::Client;
use crate::{ATTEMPT, NAMES, SLOW, TOTAL, WORK};

/// The layers around the channels, and what there is to see of them. It is as over HTTP, but for the channels.
pub(crate) fn client(servers: [String; 3]) -> Result<Client, BoxError> {
    let sent = <[Arc<AtomicU64>; 3]>::default();
    let second = Duration::from_secs(1);
    let mut replicas =
        Replicas::grpc::<Body>("health").policy(Policy::FailOver).max_ejected(0.7).base(second).consecutive(10);
    for ((name, server), sent) in NAMES.into_iter().zip(servers).zip(sent.clone()) {
        let circuit = CircuitBreakerLayer::grpc(name).open_for(Backoff::constant(second)).build()?;
        let judge = circuit.handle();
        let service = ServiceBuilder::new()
            .layer(circuit)
            .layer(TimeoutLayer::grpc(ATTEMPT))
            .map_request(move |request: Request<Body>| {
                sent.fetch_add(1, Relaxed);
                request
            })
            .service(Endpoint::from_shared(server)?.connect_lazy());
        replicas = replicas.replica(Replica::new(name, service).judge(judge));
    }
    let replicas = replicas.build()?;
    let handle = replicas.handle();
    let stack = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(Body::new))
        .layer(StatusLayer)
        .layer(TimeoutLayer::grpc(TOTAL))
        .layer(RetryLayer::grpc::<ReplayBody<Body>>("health").backoff(Backoff::constant(WORK)).build()?)
        .service(replicas);
    let health = HealthClient::new(stack);
    let read = move || {
        let mut health = health.clone();
        Box::pin(async move {
            health.check(HealthCheckRequest::default()).await?;
            Ok(())
        }) as _
    };
    Ok(Client { read: Arc::new(read), write: None, handle, sent, health: Health::builder().build()? })
}

/// A process that runs until it is killed or dropped.
pub(crate) struct PythonServer {
    port: u16,
    process: Child,
    input: ChildStdin,
}

impl PythonServer {
    pub(crate) async fn start() -> Result<Self, BoxError> {
        Self::start_at(0).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn start_at(port: u16) -> Result<Self, BoxError> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = env::var_os("PALISADE_PYTHON").unwrap_or_else(|| here.join("target/python/bin/python").into());
        let mut process = Command::new(python)
            .arg(here.join("examples/failover/server.py"))
            .args([port.to_string(), WORK.as_secs_f64().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (input, output) = process.stdin.take().zip(process.stdout.take()).ok_or("they are piped")?;
        let mut lines = BufReader::new(output).lines();
        let port = line(&mut lines).await?.parse()?;
        line(&mut lines).await?;
        Ok(Self { port, process, input })
    }
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String, BoxError> {
    lines.next_line().await?.ok_or_else(|| "the server ended".into())
}

impl Server for PythonServer {
    async fn kill(&mut self) -> Result<(), BoxError> {
        Ok(self.process.kill().await?)
    }

    async fn restart(&mut self) -> Result<(), BoxError> {
        *self = Self::start_at(self.port).await?;
        Ok(())
    }

    async fn be_slow(&mut self, slow: bool) -> Result<(), BoxError> {
        let work = if slow { SLOW } else { WORK };
        Ok(self.input.write_all(format!("{}\n", work.as_secs_f64()).as_bytes()).await?)
    }
}
