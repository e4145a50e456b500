//! What an experiment consists of.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc; // no model checks it
use std::time::Duration;

use tokio::time::timeout;
use tower::BoxError;

use super::disrupt::Disrupt;
use super::report::{Outcome, Report};
use super::seen::Seen;
use crate::error::{Chain, ConfigError};
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;

/// Breaks something on purpose, and watches whether what should hold still holds.
#[must_use]
pub struct Experiment {
    pub(super) seen: Arc<Seen>,
    steady: Vec<Check>,
    pub(super) faults: Vec<Box<dyn Disrupt>>,
    pub(super) lasts: Duration,
    patience: Duration,
    abort_when: Vec<Box<dyn Fn() -> bool + Send + Sync>>,
    pub(super) measures: Vec<(String, Box<dyn Fn() -> f64 + Send + Sync>)>,
}

/// Asks whether the steady state holds. Boxed, because an experiment has several of different types, and asks them seldom.
type Check = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>> + Send + Sync>;

impl Experiment {
    /// Starts to describe an experiment. Reports and events show its name, of 1 to 64 bytes: most often the hypothesis in short.
    ///
    /// # Errors
    ///
    /// When the name is not legal.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        let name = Name::new(name).map_err(|error| error.of(Kind::Experiment.as_str()))?;
        Ok(Self {
            seen: Seen::in_registry(&Registry::global(), name),
            steady: Vec::new(),
            faults: Vec::new(),
            lasts: Duration::from_secs(60),
            patience: Duration::from_secs(10),
            abort_when: Vec::new(),
            measures: Vec::new(),
        })
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { seen: Seen::in_registry(registry, self.seen.name()), ..self }
    }

    /// Adds a check of the steady state: a future that fails when the state does not hold. All of them must hold. Defaults to none.
    pub fn steady<Fut, E>(mut self, check: impl Fn() -> Fut + Send + Sync + 'static) -> Self
    where
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.steady.push(Box::new(move || {
            let check = check();
            Box::pin(async move { check.await.map_err(Into::into) })
        }));
        self
    }

    /// Adds what is broken, such as a [`ChaosHandle`](crate::ChaosHandle). Defaults to nothing.
    pub fn during(mut self, fault: impl Disrupt + 'static) -> Self {
        self.faults.push(Box::new(fault));
        self
    }

    /// Sets for how long it is broken: less than the time after which its chaos [expires](crate::ChaosBuilder::expires), or the
    /// experiment is aborted. Defaults to 1 minute.
    pub fn for_(self, duration: Duration) -> Self {
        Self { lasts: duration, ..self }
    }

    /// Sets how long all checks together may take; if they take longer, the steady state does not hold. Defaults to 10 seconds.
    pub fn patience(self, limit: Duration) -> Self {
        Self { patience: limit, ..self }
    }

    /// Aborts the experiment once this says so, such as an objective that burns. It must be quick. Defaults to nothing.
    pub fn abort_when(mut self, is_to_abort: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.abort_when.push(Box::new(is_to_abort));
        self
    }

    /// Reads a number before the faults, every 100 milliseconds while they are on, and after them, for the report. Defaults to none.
    pub fn measure(mut self, name: impl Into<String>, read: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.measures.push((name.into(), Box::new(read)));
        self
    }

    /// Returns the report of the last run, if there was one. It is there also of a run that was dropped or panicked.
    pub fn last(&self) -> Option<Report> {
        self.seen.last()
    }

    /// Asks all checks of the steady state, and says which does not hold.
    pub(super) async fn check(&self) -> Result<(), String> {
        let all = async {
            for check in &self.steady {
                check().await.map_err(|error| Chain(&*error).to_string())?;
            }
            Ok(())
        };
        timeout(self.patience, all)
            .await
            .unwrap_or_else(|_| Err(format!("a check took longer than {:?}", self.patience)))
    }

    /// Why the experiment is to be aborted, if it is.
    pub(super) fn aborted(&self) -> Option<Outcome> {
        if self.abort_when.iter().any(|is_to_abort| is_to_abort()) {
            return Some(Outcome::Aborted("a condition said so".to_owned()));
        }
        let ended = self.faults.iter().find(|fault| !fault.is_on());
        ended.map(|fault| Outcome::Aborted(format!("{} ended by itself", fault.name())))
    }
}

/// What it asks is the user's.
impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("name", &self.seen.name())
            .field("lasts", &self.lasts)
            .finish_non_exhaustive()
    }
}
