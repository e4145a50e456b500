//! The settings of a circuit breaker.

use std::{borrow::Cow, time::Duration};

use super::{Circuit, breaker::Core};
use crate::{
    backoff::{Backoff, Jitter, generator},
    call::{Admission, AdmissionLayer, AtOnce, Builder, Plain, Settings},
    error::ConfigError,
    name::Name,
    source::{Kind, Source},
    state::{
        circuit::{self, Rules},
        window::{CountWindow, TimeWindow, Window},
    },
};

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

    /// The simple breaker of the textbooks: opens at `failures` in a row, and closes when one probe succeeds.
    ///
    /// With 0, as with 1, it opens at the first failure. Its name is `circuit_breaker`; the rest of its settings are the
    /// builder's defaults, but that it has no other rule and 1 probe.
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
        Self::of(settings.admit(Source::new(CircuitSettings::KIND, Name::of("circuit_breaker"))), Plain::default())
    }
}

/// The settings of a circuit breaker.
#[derive(Clone, Debug)]
pub struct CircuitSettings {
    failure_rate: Option<f64>,
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
            slow_rate: None,
            consecutive: None,
            min_calls: 20,
            span: Span::Time(Duration::from_secs(30), 10),
            open_for: Backoff::exponential(Duration::from_secs(5), Duration::from_secs(60)).jitter(Jitter::Equal),
            max_retry_after: Duration::ZERO,
            probes: 5,
            half_open_for: Duration::from_secs(30),
            seed: None,
        }
    }
}

impl<E> CircuitBreakerBuilder<E> {
    /// Opens when this share of the results in the window are failures, once it holds `min_calls`.
    ///
    /// In (0, 1]. Lower it for a service whose rare failures already hurt. Defaults to 0.5.
    #[doc(alias = "failure_rate_threshold")]
    #[doc(alias = "failure_ratio")]
    #[doc(alias = "error_threshold_percentage")]
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.settings.failure_rate = Some(rate);
        self
    }

    /// Does not look at the failure rate; another rule must be on. Defaults to looking at it.
    pub fn without_failure_rate(mut self) -> Self {
        self.settings.failure_rate = None;
        self
    }

    /// Opens when this share of the results in the window took longer than `slow_after`, once it holds `min_calls`.
    ///
    /// The rate is in (0, 1]; failures and successes alike can be slow. Set it where a slow answer is as bad as none, with
    /// `slow_after` below the timeout. It costs each call two readings of the clock. For HTTP and gRPC a call takes as long as its
    /// answer streams, so leave it off where healthy answers are long streams. Defaults to off.
    #[doc(alias = "slow_call_rate_threshold")]
    #[doc(alias = "slow_call_duration_threshold")]
    pub fn slow_rate(mut self, rate: f64, slow_after: Duration) -> Self {
        self.settings.slow_rate = Some((rate, slow_after));
        self
    }

    /// Opens at this many failures in a row, without waiting for `min_calls`.
    ///
    /// At least 1. A success sets the count back; a throttled answer leaves it as it is. Set it to notice at once a service
    /// that is gone. Defaults to off.
    #[doc(alias = "consecutive_failures")]
    #[doc(alias = "failure_threshold")]
    pub fn consecutive(mut self, failures: u32) -> Self {
        self.settings.consecutive = Some(failures);
        self
    }

    /// Looks at no rate before the window holds this many results.
    ///
    /// At least 1, and at most the size of a count window. Raise it where a few failures mean little. Defaults to 20.
    #[doc(alias = "minimum_number_of_calls")]
    #[doc(alias = "minimum_throughput")]
    #[doc(alias = "request_volume_threshold")]
    pub fn min_calls(mut self, calls: u32) -> Self {
        self.settings.min_calls = calls;
        self
    }

    /// Takes the rates over the results of the last `span`, in `buckets` equal parts that expire one by one.
    ///
    /// 1 to 1,000 buckets of at least a millisecond. Shorten it to react, and to forget, faster. Defaults to 30 seconds in
    /// 10 buckets.
    #[doc(alias = "sampling_duration")]
    #[doc(alias = "metrics_rolling_stats_time_in_milliseconds")]
    pub fn time_window(mut self, span: Duration, buckets: u32) -> Self {
        self.settings.span = Span::Time(span, buckets);
        self
    }

    /// Takes the rates over the last `calls` results, however old they are.
    ///
    /// 1 to 16,777,216. Use it where calls are rare. Defaults to a [`time_window`](Self::time_window) instead.
    #[doc(alias = "sliding_window_size")]
    pub fn count_window(mut self, calls: u32) -> Self {
        self.settings.span = Span::Calls(calls);
        self
    }

    /// Stays open for this long: the first step when it opens, and the next after each recovery that fails.
    ///
    /// Defaults to 5 seconds doubling to 60, with [`Jitter::Equal`]; with [`Jitter::Full`] it may be next to nothing.
    #[doc(alias = "wait_duration_in_open_state")]
    #[doc(alias = "break_duration")]
    #[doc(alias = "sleep_window")]
    pub fn open_for(mut self, backoff: Backoff) -> Self {
        self.settings.open_for = backoff;
        self
    }

    /// Stays open for at least as long as the throttled answer that opens it asked, but no longer than `most` for that.
    ///
    /// Set it for a service that says when to come back. Defaults to zero: what it asked is not looked at.
    pub fn max_retry_after(mut self, most: Duration) -> Self {
        self.settings.max_retry_after = most;
        self
    }

    /// Lets this many calls through while half-open, and decides by their results.
    ///
    /// 1 to 1,023. It decides as soon as the results still to come cannot change the verdict. Raise it where one good answer
    /// proves little. Defaults to 5.
    #[doc(alias = "permitted_number_of_calls_in_half_open_state")]
    pub fn probes(mut self, probes: u32) -> Self {
        self.settings.probes = probes;
        self
    }

    /// Opens again when a probe is in flight, and for this long none was let through and none came back.
    ///
    /// Set it to longer than any call takes; with zero, any call that comes beside a probe opens it. Defaults to 30 seconds.
    #[doc(alias = "max_wait_duration_in_half_open_state")]
    pub fn half_open_for(mut self, duration: Duration) -> Self {
        self.settings.half_open_for = duration;
        self
    }

    /// Seeds the jitter of [`open_for`](Self::open_for), for runs that repeat. Defaults to the system's randomness.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }
}

impl Settings for CircuitSettings {
    const KIND: Kind = Kind::CircuitBreaker;

    type Admit = Circuit;
    type Entry = AtOnce;

    fn check(&self) -> Result<(), ConfigError> {
        let rate = |setting, rate: f64| ConfigError::unless(rate > 0.0 && rate <= 1.0, setting, rate, "in (0, 1]");
        let count =
            |setting, count: u32, most, legal| ConfigError::unless((1..=most).contains(&count), setting, count, legal);
        if let Some(failures) = self.failure_rate {
            rate("failure_rate", failures)?;
        }
        if let Some((slow, _)) = self.slow_rate {
            rate("slow_rate", slow)?;
        }
        if let Some(failures) = self.consecutive {
            count("consecutive", failures, u32::MAX, "at least 1")?;
        }
        let any = self.failure_rate.is_some() || self.slow_rate.is_some() || self.consecutive.is_some();
        ConfigError::unless(any, "failure_rate", "off", "on, where no other rule is")?;
        count("min_calls", self.min_calls, u32::MAX, "at least 1")?;
        match self.span {
            Span::Calls(calls) => {
                count("count_window", calls, CountWindow::MAX_LEN, "1 to 16,777,216 calls")?;
                count("min_calls", self.min_calls, calls, "at most the count window")?;
            }
            Span::Time(span, buckets) => {
                count("time_window", buckets, 1000, "of 1 to 1,000 buckets")?;
                let fine = span / buckets >= Duration::from_millis(1);
                let value = format_args!("{span:?} in {buckets} buckets");
                ConfigError::unless(fine, "time_window", value, "at least a millisecond a bucket")?;
            }
        }
        count("probes", self.probes, 1023, "1 to 1,023")?;
        self.open_for.check("open_for")
    }

    fn admit(self, source: Source<'static>) -> Circuit {
        Circuit::new(Core::new(self.circuit(), source.name()))
    }
}

impl CircuitSettings {
    /// The rule of consecutive failures alone, and one probe.
    fn consecutive_only(self, failures: u32) -> Self {
        Self { failure_rate: None, consecutive: Some(failures), probes: 1, ..self }
    }

    fn circuit(&self) -> circuit::Circuit {
        let min_calls = u64::from(self.min_calls);
        let window = match (self.failure_rate, self.slow_rate, self.span) {
            (None, None, _) => Window::None,
            (_, _, Span::Calls(calls)) => Window::Count(CountWindow::new(calls, min_calls)),
            (_, _, Span::Time(span, buckets)) => Window::Time(TimeWindow::new(span.into(), buckets, min_calls)),
        };
        let rules = Rules {
            failure_rate: self.failure_rate,
            slow_rate: self.slow_rate.map(|(rate, slow_after)| (rate, slow_after.into())),
            consecutive: self.consecutive,
            min_calls,
            probes: self.probes,
            half_open_for: self.half_open_for.into(),
            open_for: self.open_for,
            max_retry_after: self.max_retry_after.into(),
        };
        circuit::Circuit::new(rules, window, generator(self.seed))
    }
}
