//! What happens to the servers, and when.

use palisade::ReplicasHandle;
use tower::BoxError;

use crate::NAMES;

/// How long it all takes.
pub(crate) const SECONDS: u64 = 24;

pub(crate) const KILLED: u64 = 4;
pub(crate) const RESTARTED: u64 = 14;

/// The script.
pub(crate) const SCRIPT: [Event; 5] = [
    event(KILLED, 0, Act::Kill, "a is killed"),
    event(9, 1, Act::Slow, "b turns slow"),
    event(RESTARTED, 0, Act::Restart, "a restarts"),
    event(17, 1, Act::Quicken, "b is quick again"),
    event(19, 0, Act::Promote, "a is promoted"),
];

/// Something that happens to one server.
pub(crate) struct Event {
    /// The second.
    pub(crate) at: u64,
    pub(crate) story: &'static str,
    server: usize,
    act: Act,
}

enum Act {
    Kill,
    Restart,
    Slow,
    Quicken,
    /// The one thing that is done to the replicas and not to the server.
    Promote,
}

const fn event(at: u64, server: usize, act: Act, story: &'static str) -> Event {
    Event { at, story, server, act }
}

/// A server that things can happen to.
pub(crate) trait Server {
    /// Breaks all connections and refuses new ones.
    async fn kill(&mut self) -> Result<(), BoxError>;

    /// Starts it again where it was.
    async fn restart(&mut self) -> Result<(), BoxError>;

    async fn be_slow(&mut self, slow: bool) -> Result<(), BoxError>;
}

impl Event {
    pub(crate) async fn happens_to(
        &self,
        servers: &mut [impl Server],
        replicas: &ReplicasHandle,
    ) -> Result<(), BoxError> {
        let server = &mut servers[self.server];
        match self.act {
            Act::Kill => server.kill().await?,
            Act::Restart => server.restart().await?,
            Act::Slow => server.be_slow(true).await?,
            Act::Quicken => server.be_slow(false).await?,
            Act::Promote => drop(replicas.promote(NAMES[self.server])),
        }
        Ok(())
    }
}
