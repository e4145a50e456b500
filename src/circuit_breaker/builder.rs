//! The settings of a circuit breaker.

use std::borrow::Cow;
use std::time::Duration;

use super::Circuit;
use super::breaker::{Breaker, Core};
use super::settings;
use crate::backoff::{Backoff, Jitter, generator};
use crate::call::{Admission, AdmissionLayer, AtOnce, Builder, Plain, Settings};
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::{Listing, Registry};
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::circuit::{self, Rules};
use crate::state::tally::Tally;
use crate::state::window::{CountWindow, TimeWindow, Window};

/// Wraps services in a circuit breaker.
///
/// Services made by one layer, and their clones, share one circuit.
pub type CircuitBreakerLayer<E = Plain> = AdmissionLayer<Circuit, E>;

/// Rejects calls to a service that keeps failing. Made by a [`CircuitBreakerLayer`].
pub type CircuitBreaker<S, E = Plain> = Admission<S, Circuit, E>;

/// Builds a [`CircuitBreakerLayer`].
pub type CircuitBreakerBuilder<E = Plain> = Builder<CircuitSettings, E>;

impl CircuitBreakerLayer {
    /// Starts to build a circuit breaker with a name of 1 to 64 bytes, which errors and events show.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> CircuitBreakerBuilder {
        Builder::new(name.into(), CircuitSettings::default())
    }

    /// Opens at `failures` in a row, and closes when one probe succeeds: the simplest circuit breaker.
    ///
    /// With 0, as with 1, it opens at the first failure. Its name is `circuit_breaker`, it has no other rule and 1 probe; all
    /// other settings have the builder's defaults.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{CircuitBreakerLayer, Phase};
    ///
    /// let circuit = CircuitBreakerLayer::consecutive(2).handle();
    /// for _ in 0..2 {
    ///     assert_eq!(circuit.phase(), Phase::Closed);
    ///     circuit.try_enter().map(|call| call.failure()).ok();
    /// }
    /// assert_eq!(circuit.phase(), Phase::Open);
    /// ```
    pub fn consecutive(failures: u32) -> Self {
        // All of these are legal.
        let settings = CircuitSettings::default().consecutive_only(failures.max(1));
        let listing = Registry::global().listing(CircuitSettings::KIND, Name::of("circuit_breaker"));
        Self::of(settings.limit(listing), Plain::default())
    }
}

/// The settings of a circuit breaker.
#[derive(Clone, Debug)]
pub struct CircuitSettings {
    failure_rate: Option<f64>,
    throttled_rate: Option<f64>,
    slow_rate: Option<(f64, Duration)>,
    consecutive: Option<u32>,
    min_calls: u32,
    span: Span,
    open_for: Backoff,
    max_retry_after: Duration,
    probes: u32,
    half_open_for: Duration,
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Span {
    Calls(u32),
    Time(Duration, u32),
}

impl Default for CircuitSettings {
    fn default() -> Self {
        Self {
            failure_rate: Some(0.5),
            throttled_rate: Some(0.9),
            slow_rate: None,
            consecutive: Some(20),
            min_calls: 20,
            span: Span::Time(Duration::from_secs(10), 10),
            open_for: Backoff::exponential(Duration::from_secs(1), Duration::from_secs(15))
                .factor(1.3)
                .jitter(Jitter::Equal),
            max_retry_after: Duration::from_secs(30),
            probes: 5,
            half_open_for: Duration::from_secs(10),
            seed: None,
        }
    }
}

impl<E> CircuitBreakerBuilder<E> {
    /// Opens when this share of the results in the window are failures, once it holds `min_calls`.
    ///
    /// In (0, 1]. [Throttled](crate::Outcome::Throttled) results are left out of the share, and so are failed attempts after the
    /// first of a call. Lower it for a service whose rare failures already hurt. Defaults to 0.5.
    #[doc(alias = "failure_rate_threshold")]
    #[doc(alias = "failure_ratio")]
    #[doc(alias = "error_threshold_percentage")]
    pub fn failure_rate(self, rate: f64) -> Self {
        self.set(|circuit| circuit.failure_rate = Some(rate))
    }

    /// Ignores the failure rate; another rule must be on. Defaults to a failure rate of 0.5.
    pub fn without_failure_rate(self) -> Self {
        self.set(|circuit| circuit.failure_rate = None)
    }

    /// Opens when this share of the results in the window are throttled, once it holds `min_calls`.
    ///
    /// In (0, 1]. Below it, a service that limits its clients is used to its limit. Defaults to 0.9.
    pub fn throttled_rate(self, rate: f64) -> Self {
        self.set(|circuit| circuit.throttled_rate = Some(rate))
    }

    /// Ignores throttled results; another rule must be on. Defaults to a throttled rate of 0.9.
    pub fn without_throttled_rate(self) -> Self {
        self.set(|circuit| circuit.throttled_rate = None)
    }

    /// Opens when this share of the results in the window took longer than `slow_after`, once it holds `min_calls`.
    ///
    /// The rate is in (0, 1]. Successes and failures alike can be slow, and so can calls whose caller left. Their time runs
    /// from the first poll of the response future. Set it where a slow response is as bad as none, with `slow_after` below the
    /// timeout. It costs each call two readings of the clock. For HTTP and gRPC a call lasts until its response has streamed,
    /// so leave it off where healthy responses are long streams. Defaults to off.
    #[doc(alias = "slow_call_rate_threshold")]
    #[doc(alias = "slow_call_duration_threshold")]
    pub fn slow_rate(self, rate: f64, slow_after: Duration) -> Self {
        self.set(|circuit| circuit.slow_rate = Some((rate, slow_after)))
    }

    /// Opens at this many failures in a row, without waiting for `min_calls`.
    ///
    /// At least 1. Every attempt counts. A success resets the count, a throttled response leaves it as it is, and it never
    /// expires. So a service that is gone is noticed at once, at any rate of calls. Defaults to 20.
    #[doc(alias = "consecutive_failures")]
    #[doc(alias = "failure_threshold")]
    pub fn consecutive(self, failures: u32) -> Self {
        self.set(|circuit| circuit.consecutive = Some(failures))
    }

    /// Ignores failures in a row; another rule must be on. Defaults to 20 in a row.
    pub fn without_consecutive(self) -> Self {
        self.set(|circuit| circuit.consecutive = None)
    }

    /// Ignores a rate until what it divides by has reached this many: for the failure rate the results that are not throttled, for
    /// the others all results.
    ///
    /// At least 1, and at most the size of a count window. Raise it where a few failures mean little. Defaults to 20.
    #[doc(alias = "minimum_number_of_calls")]
    #[doc(alias = "minimum_throughput")]
    #[doc(alias = "request_volume_threshold")]
    pub fn min_calls(self, calls: u32) -> Self {
        self.set(|circuit| circuit.min_calls = calls)
    }

    /// Takes the rates over the results of the last `span`, in `buckets` equal parts that expire one by one.
    ///
    /// 1 to 1,000 buckets of at least a millisecond. Shorten it to react faster and to forget faster. Defaults to 10 seconds in
    /// 10 buckets.
    #[doc(alias = "sampling_duration")]
    #[doc(alias = "metrics_rolling_stats_time_in_milliseconds")]
    pub fn time_window(self, span: Duration, buckets: u32) -> Self {
        self.set(|circuit| circuit.span = Span::Time(span, buckets))
    }

    /// Takes the rates over the last `calls` results, however old they are.
    ///
    /// 1 to 16,777,216. Use it where calls are rare. Defaults to a [`time_window`](Self::time_window) instead.
    #[doc(alias = "sliding_window_size")]
    pub fn count_window(self, calls: u32) -> Self {
        self.set(|circuit| circuit.span = Span::Calls(calls))
    }

    /// Stays open for this long: the first step when it opens, and the next after each recovery that fails.
    ///
    /// It also takes the next step when it opens sooner after closing than it was last open, so a service that keeps failing is
    /// asked less and less. Defaults to 1 second growing by a factor of 1.3 to 15, with [`Jitter::Equal`]: a recovery is then
    /// seen late by about half of the outage at most. With [`Jitter::Full`] it may be next to nothing.
    #[doc(alias = "wait_duration_in_open_state")]
    #[doc(alias = "break_duration")]
    #[doc(alias = "sleep_window")]
    pub fn open_for(self, backoff: Backoff) -> Self {
        self.set(|circuit| circuit.open_for = backoff)
    }

    /// Stays open at least for the `retry_after` of the throttled response that opened it, up to `most`.
    ///
    /// It counts where the throttled rate is reached at that moment. With zero, `retry_after` is ignored. Defaults to 30 seconds.
    pub fn max_retry_after(self, most: Duration) -> Self {
        self.set(|circuit| circuit.max_retry_after = most)
    }

    /// Lets this many calls through while half-open, and decides by their results.
    ///
    /// 1 to 1,023. It decides as soon as the results still to come cannot change the decision. Raise it where one success
    /// proves little. Defaults to 5.
    #[doc(alias = "permitted_number_of_calls_in_half_open_state")]
    pub fn probes(self, probes: u32) -> Self {
        self.set(|circuit| circuit.probes = probes)
    }

    /// How long the probes may be without an answer while half-open.
    ///
    /// Then the next call opens the circuit again, if at least `probes` probes were abandoned since the last answer. Otherwise the
    /// probes in flight give up their places to the next calls; their results still count when they come. With zero, probes do
    /// not limit what is in flight. After half of it, a probe whose response streams
    /// [is a success](crate::circuit_breaker#the-sharp-edge). Defaults to 10 seconds.
    #[doc(alias = "max_wait_duration_in_half_open_state")]
    pub fn half_open_for(self, duration: Duration) -> Self {
        self.set(|circuit| circuit.half_open_for = duration)
    }

    /// Seeds the jitter of [`open_for`](Self::open_for), for runs that repeat. Defaults to the system's randomness.
    pub fn seed(self, seed: u64) -> Self {
        self.set(|circuit| circuit.seed = Some(seed))
    }
}

impl Settings for CircuitSettings {
    const KIND: Kind = Kind::CircuitBreaker;

    type Limit = Circuit;
    type Entry = AtOnce;

    fn check(&self) -> Result<(), ConfigError> {
        let rate = |setting, rate: f64| ConfigError::unless(rate > 0.0 && rate <= 1.0, setting, rate, "in (0, 1]");
        let count =
            |setting, count: u32, most, legal| ConfigError::unless((1..=most).contains(&count), setting, count, legal);
        if let Some(failures) = self.failure_rate {
            rate("failure_rate", failures)?;
        }
        if let Some(throttled) = self.throttled_rate {
            rate("throttled_rate", throttled)?;
        }
        if let Some((slow, _)) = self.slow_rate {
            rate("slow_rate", slow)?;
        }
        if let Some(failures) = self.consecutive {
            count("consecutive", failures, u32::MAX, "at least 1")?;
        }
        let any = self.has_rates() || self.consecutive.is_some();
        ConfigError::unless(any, "failure_rate", "off", "on, where no other rule is")?;
        count("min_calls", self.min_calls, u32::MAX, "at least 1")?;
        match self.span {
            Span::Calls(calls) => {
                count("count_window", calls, CountWindow::MAX_LEN, "1 to 16,777,216 calls")?;
                count("min_calls", self.min_calls, calls, "at most the count window")?;
            }
            Span::Time(span, buckets) => TimeWindow::check(span, buckets)?,
        }
        count("probes", self.probes, 1023, "1 to 1,023")?;
        self.open_for.check("open_for")
    }

    fn limit(self, listing: Listing) -> Circuit {
        Circuit { core: Core::new(Breaker::new(self.circuit(listing.row())), &listing) }
    }
}

impl CircuitSettings {
    /// The rule of consecutive failures alone, and one probe.
    fn consecutive_only(self, failures: u32) -> Self {
        Self { failure_rate: None, throttled_rate: None, consecutive: Some(failures), probes: 1, ..self }
    }

    pub(crate) fn list(&self) -> Vec<Setting> {
        settings::list(&self.rules(), &self.window())
    }

    const fn has_rates(&self) -> bool {
        self.failure_rate.is_some() || self.throttled_rate.is_some() || self.slow_rate.is_some()
    }

    fn window(&self) -> Window {
        let min_calls = u64::from(self.min_calls);
        match self.span {
            _ if !self.has_rates() => Window::None,
            Span::Calls(calls) => Window::Count(CountWindow::new(calls, min_calls)),
            Span::Time(span, buckets) => {
                Window::Time(TimeWindow::new(span.into(), buckets, min_calls, self.slow_rate.is_some()))
            }
        }
    }

    fn rules(&self) -> Rules {
        Rules {
            failure_rate: self.failure_rate,
            throttled_rate: self.throttled_rate,
            slow_rate: self.slow_rate.map(|(rate, slow_after)| (rate, slow_after.into())),
            consecutive: self.consecutive,
            min_calls: u64::from(self.min_calls),
            probes: self.probes,
            half_open_for: self.half_open_for.into(),
            open_for: self.open_for,
            max_retry_after: self.max_retry_after.into(),
        }
    }

    fn circuit(&self, tally: &'static Tally) -> circuit::Circuit {
        circuit::Circuit::new(self.rules(), self.window(), tally, generator(self.seed))
    }
}
