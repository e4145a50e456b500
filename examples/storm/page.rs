//! The page of the storm, for a browser.

use std::net::Ipv4Addr;

use axum::Router;
use axum::http::Request;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use palisade::Registry;
use palisade::page::Page;
use serde_json::Value;
use tokio::net::TcpListener;
use tower::{BoxError, ServiceExt};

use crate::report::Table;

/// The page, which is served for as long as the process lives.
pub(crate) struct Shown(Page);

impl Shown {
    /// Serves the page on loopback, and says where.
    ///
    /// Whoever is on this machine may read and steer: it is an example. With the hosts no other site can, through a browser.
    pub(crate) async fn serve() -> Result<Self, BoxError> {
        let page = Registry::global().page().reading(|_| true).steering(|_| true).hosts(["127.0.0.1", "localhost"]);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("The page is at http://{}/\n", listener.local_addr()?);
        let app = Router::new().fallback_service(page.clone());
        tokio::spawn(async { axum::serve(listener, app).await });
        Ok(Self(page))
    }

    /// Says what the page shows, and what is wrong where the table counted something else.
    pub(crate) async fn compare(self, table: &Table) -> Result<Option<String>, BoxError> {
        let (shown, counted) = (self.counts().await?, table.protected());
        println!("page: sent={} degraded={}", shown.0, shown.1);
        Ok((shown != counted).then(|| format!("the page counts as the table does ({shown:?} and {counted:?})")))
    }

    /// The calls, and the answers of the fallback.
    async fn counts(self) -> Result<(u64, u64), BoxError> {
        let request = Request::get("/events").header("host", "localhost").body(Empty::<Bytes>::new())?;
        let mut events = self.0.oneshot(request).await?.into_body();
        let mut frame = None;
        // The first frame of a stream may be of the moment before.
        for _ in ["greeting", "a frame", "the next frame"] {
            frame = events.frame().await.transpose()?.and_then(|event| event.into_data().ok());
        }
        let data = frame.as_ref().and_then(|frame| frame.strip_prefix(b"data: ")).ok_or("no frame")?;
        let frame: Value = serde_json::from_slice(data)?;
        let sum = |metric: &str| {
            let counts = frame["metrics"][metric]["quotes"].as_object().into_iter().flat_map(|counts| counts.values());
            counts.filter_map(Value::as_u64).sum()
        };
        Ok((sum("call_duration_seconds"), sum("fallback_answers_total")))
    }
}
