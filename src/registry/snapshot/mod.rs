//! What a registry's instances keep when their process ends.

mod file;
mod keep;
mod restore;

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(crate) use self::keep::{Keep, Restoring, kept};
pub use self::restore::{LeftOut, Restored};
use crate::event::{self, Event};
use crate::name::Name;
use crate::source::{Kind, Source};
use crate::time::{self, Nanos};

/// The format that this version writes, and the newest that it reads.
const VERSION: u64 = 1;

/// How far a clock may have gone backwards, in milliseconds, so that a snapshot is still one of now.
const SKEW: i128 = 1_000;

/// What the instances of a registry go on from in another process, and values of the application.
///
/// Taken by [`Registry::snapshot`](super::Registry::snapshot), and given back by [`Registry::restore`](super::Registry::restore). The
/// page of the [registry](super#over-a-restart) says what is in it and how to use it. It can be serialized; as JSON it is:
///
/// ```json
/// {
///   "version": 1,
///   "taken": 1795996800123,
///   "instances": [
///     { "kind": "circuit breaker", "name": "payments", "state": { "phase": "open", "left": 4000000000 } }
///   ],
///   "values": { "sessions": [1, 2] }
/// }
/// ```
///
/// `taken` is in milliseconds since 1970, by the system's clock. These four fields stay as they are in later versions; the version says
/// what is in `state`, which is for this crate alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    version: u64,
    taken: i64,
    #[serde(default)]
    instances: Vec<Saved>,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(skip, default = "expires")]
    expires: Duration,
    #[serde(skip)]
    forced: bool,
}

/// What is kept of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Saved {
    kind: String,
    name: String,
    state: Value,
}

const fn expires() -> Duration {
    Duration::from_secs(60 * 60)
}

impl Snapshot {
    fn new(instances: Vec<Saved>) -> Self {
        let taken = i64::try_from(since_1970(time::wall_clock())).unwrap_or(i64::MAX);
        Self { version: VERSION, taken, instances, values: Map::new(), expires: expires(), forced: false }
    }

    /// Adds a value of the application, which [`value`](Self::value) gives back. One of the same name is replaced.
    ///
    /// # Errors
    ///
    /// When it has no form in JSON: it fails to serialize, has a map whose keys are no text, or is nested deeper than 125 times. A number
    /// that is not finite is kept as `null`.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::Registry;
    ///
    /// # fn main() -> Result<(), serde_json::Error> {
    /// let snapshot = Registry::new().snapshot().with("in work", vec![17, 18])?;
    /// let stored = serde_json::to_string(&snapshot)?;
    ///
    /// let snapshot: palisade::Snapshot = serde_json::from_str(&stored)?;
    /// assert_eq!(snapshot.value("in work"), Some(vec![17, 18]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, name: impl Into<String>, value: impl Serialize) -> Result<Self, serde_json::Error> {
        let value = serde_json::to_value(value)?;
        // Read back at the depth that it will have, or the whole snapshot could not be read.
        let [[value]]: [[Value; 1]; 1] = serde_json::from_str(&json!([[value]]).to_string())?;
        self.values.insert(name.into(), value);
        Ok(self)
    }

    /// The value of this name, unless there is none, the snapshot is too old or from the future, or it is no such value.
    ///
    /// What cannot be given though it is there is told by an event [`LeftOut`](Event::LeftOut).
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let value = self.values.get(name)?;
        let given = self.age().and_then(|_| T::deserialize(value).map_err(|_| WhyLeftOut::Damaged));
        given.inspect_err(|why| tell_left_out(why.as_str(), 1, name)).ok()
    }

    /// Sets from which age on nothing of it is used.
    ///
    /// Zero uses nothing, unless it is taken in the same millisecond. Raise it where services stay as they were for longer. Defaults to
    /// an hour.
    #[must_use]
    pub fn expires(self, age: Duration) -> Self {
        Self { expires: age, ..self }
    }

    /// Restores phases that were set by hand, too.
    ///
    /// Somebody who forced a circuit may not expect it to stay so over a restart. Defaults to leaving such a circuit out, so it starts closed.
    #[must_use]
    pub fn forced(self) -> Self {
        Self { forced: true, ..self }
    }

    /// How long ago it was taken, by the system's clock, if it is still of use.
    fn age(&self) -> Result<Nanos, WhyLeftOut> {
        let millis = since_1970(time::wall_clock()) - i128::from(self.taken);
        if millis < -SKEW {
            return Err(WhyLeftOut::FromTheFuture);
        }
        let age = Duration::from_millis(u64::try_from(millis.max(0)).unwrap_or(u64::MAX));
        if age > self.expires { Err(WhyLeftOut::Expired) } else { Ok(age.into()) }
    }
}

/// An empty one, of no use for any instance.
impl Default for Snapshot {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

/// Milliseconds since 1970, cut to whole ones; fewer than zero before.
fn since_1970(time: SystemTime) -> i128 {
    let millis = |duration: Duration| i128::try_from(duration.as_millis()).unwrap_or(i128::MAX);
    time.duration_since(SystemTime::UNIX_EPOCH).map_or_else(|before| -millis(before.duration()), millis)
}

/// Why something of a snapshot is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhyLeftOut {
    /// No instance of this kind and name is listed that keeps anything.
    Unknown,
    /// There are several of this kind and name, in the registry or in the snapshot.
    Ambiguous,
    /// The instance has counted or was set already.
    Used,
    /// Its phase was set by hand, and the snapshot is not to restore [these](Snapshot::forced).
    Forced,
    /// The snapshot is [too old](Snapshot::expires).
    Expired,
    /// The snapshot was taken more than a second later than now: the clock went backwards.
    FromTheFuture,
    /// A newer version of this crate took the snapshot.
    Newer,
    /// It is no state that such an instance can have, or no value as is asked for.
    Damaged,
}

impl WhyLeftOut {
    /// The word of it, as events have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ambiguous => "ambiguous",
            Self::Used => "used",
            Self::Forced => "forced",
            Self::Expired => "expired",
            Self::FromTheFuture => "from_the_future",
            Self::Newer => "newer",
            Self::Damaged => "damaged",
        }
    }
}

impl fmt::Display for WhyLeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tells what was left out.
fn tell_left_out(why: &'static str, count: usize, what: &str) {
    let source = Source::new(Kind::Registry, Name::of("snapshot"));
    event::tell(source, &Event::LeftOut { why, count, what: event::cut(what) });
}
