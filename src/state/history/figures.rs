//! How reliable a thing was, in figures.

use std::time::Duration;

/// How reliable a circuit was, or the service of an objective: since it was built, or over a window that ends now.
///
/// A failure is the time from when a circuit opens by its rules to when it is closed again, or is set by hand: half-open is a part of
/// it. For an objective it is the time in which an alert of the severity `page` fires. A failure that has not ended counts, with its
/// downtime so far. Of one that began before the window only the part within the window is downtime.
///
/// What a circuit does while it is forced open, forced closed or only measures is neither operating nor downtime, and it is no failure.
/// The same holds of an open circuit whose open time is over until a call comes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// The share of successes in the results that say something about the service, from 0 to 1; `None` where there were none, or
    /// where it is not known.
    ///
    /// Of circuits it is that of all circuits of the name since the first was built. They count no times, so it is `None` over a window.
    pub success_rate: Option<f64>,
    /// The time that counts: `operating` and `downtime`. It is shorter than the window where that is longer than what is known.
    pub watched: Duration,
    /// The time in which it did its part: MTBF and MTTR are made of this, not of the time since the build.
    pub operating: Duration,
    /// The time in which it did not.
    pub downtime: Duration,
    /// How many failures there were.
    pub failures: u64,
    /// How often probes closed a circuit.
    pub restored: u64,
    /// How often a circuit opened again from half-open.
    pub reopened: u64,
    /// The mean time between failures: `operating / failures`; `None` without a failure.
    pub mtbf: Option<Duration>,
    /// The mean time to recovery: `downtime / failures`; `None` without a failure.
    pub mttr: Option<Duration>,
    /// The longest downtime of one failure.
    pub longest: Duration,
    /// `MTBF / (MTBF + MTTR)`, which is `operating / watched`, from 0 to 1; 1 without a failure, or where nothing was watched.
    pub availability: f64,
}
