//! Nodes that say again and again that they are there.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::error::ConfigError;
use crate::event::{self, Event};
use crate::name::Name;
use crate::source::{Kind, Source};
use crate::state::every::Every;
use crate::state::phi::{Beat, MAX_SAMPLES, Nodes, Rules, Seen};
use crate::time::{Clock, Nanos};

/// A flood of new nodes is told as a warning once in this time.
const MINUTE: Nanos = Nanos(60_000_000_000);

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
    pub(super) core: Arc<Core>,
}

#[derive(Debug)]
pub(super) struct Core {
    name: Name,
    capacity: usize,
    pub(super) nodes: Mutex<Nodes>,
    pub(super) clock: Clock,
    warning: Every,
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

    /// Starts to build heartbeats.
    pub fn builder() -> HeartbeatsBuilder {
        HeartbeatsBuilder {
            name: Name::of("heartbeats"),
            rules: Rules {
                threshold: 8.0,
                samples: 1_000,
                min_std_deviation: Duration::from_millis(100).into(),
                acceptable_pause: Duration::from_secs(3).into(),
                first_estimate: Duration::from_secs(1).into(),
            },
            capacity: 1_000,
            forget_after: Duration::from_secs(60 * 60),
        }
    }

    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name
    }

    /// Takes a beat of a node. Returns whether it counts.
    ///
    /// It does not when there is no room for another node, or when the node's name is not 1 to [`MAX_NODE_LEN`](Self::MAX_NODE_LEN) bytes long.
    pub fn beat(&self, node: &str) -> bool {
        if !(1..=Self::MAX_NODE_LEN).contains(&node.len()) {
            return false;
        }
        let now = self.core.clock.now();
        let beat = self.core.nodes.lock().beat(node, now);
        match beat {
            Beat::Counted => true,
            Beat::Returned(seen) => {
                self.tell_news(&seen);
                self.tell(&Event::Returned { node: &seen.node, silent: seen.silent.into() });
                true
            }
            Beat::Refused => {
                let (capacity, is_first) = (self.core.capacity, self.core.warning.try_take(now));
                self.tell(&Event::NoRoom { capacity, outcome: "rejected", is_first });
                false
            }
        }
    }

    /// How unlikely the silence of a node is if it is well, see [`NodeSnapshot::phi`]. `None` for a node that never beat, or was
    /// forgotten.
    pub fn phi(&self, node: &str) -> Option<f64> {
        self.see(node).map(|seen| seen.phi)
    }

    /// Whether a node has beaten, and its beats stay away for too long.
    pub fn is_suspected(&self, node: &str) -> bool {
        self.see(node).is_some_and(|seen| seen.suspected.is_some())
    }

    /// The nodes that are suspected, those first that are silent longest.
    pub fn suspected(&self) -> Vec<NodeSnapshot> {
        self.snapshot().into_iter().filter(|node| node.suspected.is_some()).collect()
    }

    /// All nodes, those first that are silent longest.
    pub fn snapshot(&self) -> Vec<NodeSnapshot> {
        let seen = self.core.nodes.lock().see_all(self.core.clock.now());
        seen.into_iter().inspect(|seen| self.tell_news(seen)).map(NodeSnapshot::from).collect()
    }

    pub(super) fn see(&self, node: &str) -> Option<Seen> {
        let seen = self.core.nodes.lock().see(node, self.core.clock.now())?;
        self.tell_news(&seen);
        Some(seen)
    }

    pub(super) fn tell_news(&self, seen: &Seen) {
        if let Some(suspected) = seen.suspected.filter(|_| seen.is_news) {
            let (silent, suspected) = (seen.silent.into(), suspected.into());
            self.tell(&Event::Suspected { node: &seen.node, phi: seen.phi, silent, suspected });
        }
    }

    fn tell(&self, event: &Event<'_>) {
        event::tell(Source::new(Kind::Heartbeats, self.core.name), event);
    }
}

/// Builds [`Heartbeats`].
#[derive(Clone, Debug)]
#[must_use]
pub struct HeartbeatsBuilder {
    name: Name,
    rules: Rules,
    capacity: usize,
    forget_after: Duration,
}

impl HeartbeatsBuilder {
    /// Sets what events call them. Defaults to `heartbeats`.
    pub fn name(self, name: Name) -> Self {
        Self { name, ..self }
    }

    /// Sets at which phi a node is suspected.
    ///
    /// More than zero. A higher one suspects later, and wrongly less often. Defaults to 8.
    pub fn threshold(mut self, phi: f64) -> Self {
        self.rules.threshold = phi;
        self
    }

    /// Sets how many intervals of each node are remembered, of 8 bytes each.
    ///
    /// 1 to 10,000. Defaults to 1,000.
    #[doc(alias = "max_sample_size")]
    pub fn samples(mut self, intervals: usize) -> Self {
        self.rules.samples = intervals;
        self
    }

    /// Sets the least deviation of intervals that is reckoned with, so that a node which is steady is not suspected at once.
    ///
    /// More than zero. Defaults to 100 milliseconds.
    pub fn min_std_deviation(mut self, deviation: Duration) -> Self {
        self.rules.min_std_deviation = deviation.into();
        self
    }

    /// Sets how long a node may be silent on top of its mean interval, for beats that are lost and processes that pause.
    ///
    /// Defaults to 3 seconds.
    #[doc(alias = "acceptable_heartbeat_pause")]
    pub fn acceptable_pause(mut self, pause: Duration) -> Self {
        self.rules.acceptable_pause = pause.into();
        self
    }

    /// Sets the interval at which nodes beat, as it is taken to be before it is known.
    ///
    /// More than zero. Defaults to 1 second, the interval of a `Beater`.
    #[doc(alias = "first_heartbeat_estimate")]
    pub fn first_estimate(mut self, interval: Duration) -> Self {
        self.rules.first_estimate = interval.into();
        self
    }

    /// Sets the most nodes that are kept.
    ///
    /// When they are all there, a new node takes the place of the one that is silent longest if that one is suspected; otherwise
    /// its beats do not count. Defaults to 1,000.
    pub fn capacity(self, nodes: usize) -> Self {
        Self { capacity: nodes, ..self }
    }

    /// Sets after which silence a node is forgotten.
    ///
    /// More than zero. Defaults to 1 hour.
    pub fn forget_after(self, silence: Duration) -> Self {
        Self { forget_after: silence, ..self }
    }

    fn legal(&self) -> Result<(), ConfigError> {
        let Rules { threshold, samples, min_std_deviation, first_estimate, .. } = self.rules;
        let positive = |setting, value: Nanos| {
            ConfigError::unless(value > Nanos(0), setting, format_args!("{value:?}"), "more than zero")
        };
        let is_legal = threshold > 0.0 && threshold.is_finite();
        ConfigError::unless(is_legal, "threshold", threshold, "more than zero, and finite")?;
        ConfigError::unless((1..=MAX_SAMPLES).contains(&samples), "samples", samples, "1 to 10000")?;
        positive("min_std_deviation", min_std_deviation)?;
        positive("first_estimate", first_estimate)?;
        positive("forget_after", self.forget_after.into())
    }

    /// Makes the heartbeats.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, as its method says.
    pub fn build(self) -> Result<Heartbeats, ConfigError> {
        self.legal().map_err(|error| error.of("heartbeats").named(self.name.as_str()))?;
        let Self { name, rules, capacity, forget_after } = self;
        let nodes = Mutex::new(Nodes::new(rules, capacity, forget_after.into()));
        let (clock, warning) = (Clock::start(), Every::new(MINUTE));
        Ok(Heartbeats { core: Arc::new(Core { name, capacity, nodes, clock, warning }) })
    }
}
