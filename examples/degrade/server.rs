//! The servers that the shop asks, each with a switch for trouble.

use std::future::{IntoFuture, pending};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::TimeoutLayer;
use palisade::http::ToAuthority;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::{BoxError, Layer};

use crate::page::{Page, page};

/// How many calls a server works on at once. Others wait for it.
pub(crate) const WORKERS: usize = 16;
/// How long a call is worked on.
const WORK: Duration = Duration::from_millis(100);
/// How long a call may take: far more than that, because all run on one machine, which may be busy for a moment.
const LIMIT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Trouble {
    #[default]
    None,
    Hangs,
    Fails,
}

/// A server, and how it is asked.
#[derive(Debug)]
pub(crate) struct Server {
    trouble: Arc<Mutex<Trouble>>,
    pub(crate) page: Page,
}

impl Server {
    pub(crate) async fn start() -> Result<Self, BoxError> {
        let trouble = Arc::<Mutex<Trouble>>::default();
        let switch = Arc::clone(&trouble);
        let work = async move || {
            let trouble = *switch.lock();
            match trouble {
                Trouble::None => sleep(WORK).await,
                Trouble::Hangs => pending().await,
                Trouble::Fails => return StatusCode::INTERNAL_SERVER_ERROR,
            }
            StatusCode::OK
        };
        let url = serve(Router::new().fallback(work).layer(GlobalConcurrencyLimitLayer::new(WORKERS))).await?;
        let client = ToAuthority::new(Client::builder(TokioExecutor::new()).build_http(), &url)?;
        Ok(Self { trouble, page: page(TimeoutLayer::http(LIMIT).layer(client)) })
    }

    pub(crate) fn set(&self, trouble: Trouble) {
        *self.trouble.lock() = trouble;
    }
}

/// Serves it at an address of its own.
pub(crate) async fn serve(app: Router) -> Result<String, BoxError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}
