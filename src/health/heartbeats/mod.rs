//! Nodes that say again and again that they are there.

mod builder;
mod shared;
mod watch;

use std::sync::Arc;
use std::time::Duration;

pub use self::builder::HeartbeatsBuilder;
use self::shared::Core;
pub use self::watch::NodeWatch;
use crate::name::Name;
use crate::state::phi::Seen;

/// Takes the beats of nodes, and suspects a node whose beats stay away.
///
/// Cheap to clone; all clones take beats for one set of nodes. Nothing runs in the background: a suspicion is told by an event
/// when somebody next asks, with the time for which it has lasted.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use palisade::health::Heartbeats;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), palisade::ConfigError> {
/// let heartbeats = Heartbeats::builder().build()?;
/// for _ in 0..10 {
///     heartbeats.beat("node-1");
///     tokio::time::advance(Duration::from_secs(1)).await;
/// }
/// assert!(heartbeats.phi("node-1").is_some_and(|phi| phi < 0.1));
///
/// tokio::time::advance(Duration::from_secs(5)).await;
/// assert!(heartbeats.is_suspected("node-1"));
/// assert_eq!(heartbeats.phi("node-2"), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Heartbeats {
    core: Arc<Core>,
}

/// A node, as its beats show it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NodeSnapshot {
    /// The name of the node.
    pub node: Arc<str>,
    /// How unlikely it is that a node which is well is silent for so long: 1 is once in 10 times, 8 once in 10^8.
    pub phi: f64,
    /// How long ago the last beat came.
    pub silent: Duration,
    /// For how long it has been suspected, if it is.
    pub suspected: Option<Duration>,
}

impl From<Seen> for NodeSnapshot {
    fn from(seen: Seen) -> Self {
        let suspected = seen.suspected.map(Duration::from);
        Self { node: seen.node, phi: seen.phi, silent: seen.silent.into(), suspected }
    }
}

impl Heartbeats {
    /// The length of the longest name of a node, in bytes.
    pub const MAX_NODE_LEN: usize = 256;

    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// Takes a beat of a node. Returns whether it counts.
    ///
    /// It does not when there is no room for another node, or when the node's name is not 1 to [`MAX_NODE_LEN`](Self::MAX_NODE_LEN) bytes long.
    pub fn beat(&self, node: &str) -> bool {
        if !(1..=Self::MAX_NODE_LEN).contains(&node.len()) {
            return false;
        }
        self.core.beat(node)
    }

    /// How unlikely the silence of a node is if it is well, see [`NodeSnapshot::phi`]. `None` for a node that never beat, or was
    /// forgotten.
    pub fn phi(&self, node: &str) -> Option<f64> {
        self.core.see(node).map(|seen| seen.phi)
    }

    /// Whether a node has beaten, and its beats stay away for too long.
    pub fn is_suspected(&self, node: &str) -> bool {
        self.core.see(node).is_some_and(|seen| seen.suspected.is_some())
    }

    /// The nodes that are suspected, those first that are silent longest.
    pub fn suspected(&self) -> Vec<NodeSnapshot> {
        self.snapshot().into_iter().filter(|node| node.suspected.is_some()).collect()
    }

    /// All nodes, those first that are silent longest.
    pub fn snapshot(&self) -> Vec<NodeSnapshot> {
        self.core.see_all().into_iter().map(NodeSnapshot::from).collect()
    }
}
