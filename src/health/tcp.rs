//! A check that connects.

use std::borrow::Cow;

use tokio::net::{TcpStream, ToSocketAddrs};
use tower::BoxError;

use super::builder::HealthCheckBuilder;
use super::check::HealthCheck;
use super::probe::Check;
use crate::debug::debug_by_type;
use crate::state::verdict::Verdict;

/// Connects over TCP, and drops the connection. Made by [`HealthCheck::tcp`].
pub struct Tcp<A> {
    addr: A,
}

impl HealthCheck {
    /// Starts to build a check that connects to an address, such as `"127.0.0.1:5432"`.
    ///
    /// It is healthy when the connection is there. It sends nothing. Needs the feature `net`. A host's name is resolved at each check, on
    /// tokio's threads for blocking work.
    pub fn tcp<A>(name: impl Into<Cow<'static, str>>, addr: A) -> HealthCheckBuilder<Tcp<A>>
    where
        A: ToSocketAddrs + Clone + Send + 'static,
    {
        Self::builder(name, Tcp { addr })
    }
}

impl<A: ToSocketAddrs + Clone + Send + 'static> Check for Tcp<A> {
    async fn check(&mut self) -> Result<Verdict, BoxError> {
        TcpStream::connect(self.addr.clone()).await?;
        Ok(Verdict::Healthy)
    }
}

debug_by_type! { Tcp<A> }
