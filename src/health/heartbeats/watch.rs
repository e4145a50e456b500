//! Watches one node.

use std::sync::Arc;
use std::time::Duration;

use super::Heartbeats;
use super::shared::Core;
use crate::judge::{Judge, Judgement};
use crate::replicas::ReplicasBuilder;
use crate::state::phi::Alarm;

/// Says whether one node is suspected. Made by [`Heartbeats::watch`].
///
/// It judges without a lock and allocates nothing, so it may be asked by every call. The first that finds the node suspected tells it,
/// if nobody has, and if it need not wait for that.
#[derive(Clone, Debug)]
pub struct NodeWatch {
    core: Arc<Core>,
    node: Arc<str>,
    alarm: Arc<Alarm>,
}

impl Heartbeats {
    /// Watches a node, also one that has not beaten yet.
    ///
    /// To those who watch it, a node is `Healthy` until its first beat, and `Unhealthy` while it is suspected. One that is forgotten while
    /// it is watched stays `Unhealthy` until it beats again: nothing good was heard of it since.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade::{Heartbeats, Judge, Judgement};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), palisade::ConfigError> {
    /// let heartbeats = Heartbeats::builder().build()?;
    /// let node = heartbeats.watch("node-1");
    /// assert_eq!(node.judge(), Judgement::Healthy);
    ///
    /// heartbeats.beat("node-1");
    /// tokio::time::advance(Duration::from_secs(10)).await;
    /// assert_eq!(node.judge(), Judgement::Unhealthy);
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self, node: &str) -> NodeWatch {
        NodeWatch { core: Arc::clone(&self.core), node: node.into(), alarm: self.core.watch(node) }
    }
}

impl NodeWatch {
    fn is_suspected(&self) -> bool {
        self.alarm.is_suspected(&self.core.clock)
    }

    #[cold]
    fn tell(&self) {
        self.core.try_see(&self.node);
    }
}

impl Judge for NodeWatch {
    fn judge(&self) -> Judgement {
        if !self.is_suspected() {
            return Judgement::Healthy;
        }
        if !self.alarm.is_seen() {
            self.tell();
        }
        Judgement::Unhealthy
    }

    fn why(&self) -> Option<String> {
        self.is_suspected().then(|| match self.core.see(&self.node) {
            Some(seen) => format!("silent for {:?}", Duration::from(seen.silent)),
            None => "silent, and forgotten".to_owned(),
        })
    }
}

impl<S, R> ReplicasBuilder<S, R> {
    /// Lets the node of its name judge each replica: one that is suspected is unhealthy.
    ///
    /// A node that never beat is healthy. Defaults to no heartbeats.
    pub fn heartbeats(self, heartbeats: &Heartbeats) -> Self {
        let heartbeats = heartbeats.clone();
        self.judge_each(move |name| heartbeats.watch(name))
    }
}
