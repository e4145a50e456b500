//! A server of axum, which can be killed and be slow.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use futures_util::FutureExt;
use http::Uri;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use palisade::http::health::Beater;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::BoxError;

use crate::script::Server;
use crate::watch::{self, Plain};
use crate::{SLOW, WORK};

/// A server that runs until it is killed or dropped.
pub(crate) struct AxumServer {
    addr: SocketAddr,
    app: Router,
    beater: Beater<Plain>,
    slow: Arc<AtomicBool>,
    running: JoinSet<()>,
}

impl AxumServer {
    /// Starts the server of this name, which beats there.
    pub(crate) async fn start(name: &'static str, beats: &Uri) -> Result<Self, BoxError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (addr, slow) = (listener.local_addr()?, Arc::<AtomicBool>::default());
        let slowness = Arc::clone(&slow);
        let answer = async move || {
            sleep(if slowness.load(Relaxed) { SLOW } else { WORK }).await;
            "done\n"
        };
        let app = Router::new().route("/", get(answer.clone()).post(answer));
        let beater = watch::beater(name, beats)?;
        let mut server = Self { addr, app, beater, slow, running: JoinSet::new() };
        server.serve(listener);
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    fn serve(&mut self, listener: TcpListener) {
        self.running.spawn(accept(listener, self.app.clone()));
        self.running.spawn(self.beater.clone().run::<Full<Bytes>, _>().map(drop));
    }
}

impl Server for AxumServer {
    async fn kill(&mut self) -> Result<(), BoxError> {
        self.running.shutdown().await;
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), BoxError> {
        self.serve(TcpListener::bind(self.addr).await?);
        Ok(())
    }

    async fn be_slow(&mut self, slow: bool) -> Result<(), BoxError> {
        self.slow.store(slow, Relaxed);
        Ok(())
    }
}

/// Serves each connection, until it is dropped, which breaks them; `axum::serve` would let them go on.
async fn accept(listener: TcpListener, app: Router) {
    let mut connections = JoinSet::new();
    loop {
        select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, app.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, app: Router) {
    let service = TowerToHyperService::new(app);
    // A connection that breaks is none of the server's business.
    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok();
}
