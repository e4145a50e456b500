//! How an experiment runs.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tower::BoxError;

use super::disrupt::Disrupt;
use super::report::{Measurement, Outcome, Report};
use crate::error::Chain;
use crate::time;

/// How often an experiment looks at what may end it.
const PAUSE: Duration = Duration::from_millis(100);

/// Breaks something on purpose, and watches whether what should hold still holds.
#[must_use]
pub struct Experiment {
    name: String,
    steady: Vec<Check>,
    faults: Vec<Box<dyn Disrupt>>,
    lasts: Duration,
    patience: Duration,
    abort_when: Vec<Box<dyn Fn() -> bool + Send + Sync>>,
    measures: Vec<(String, Box<dyn Fn() -> f64 + Send + Sync>)>,
    last: Mutex<Option<Report>>,
}

/// Asks whether the steady state holds. Boxed, because an experiment has several of different types, and asks them seldom.
type Check = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>> + Send + Sync>;

impl Experiment {
    /// Starts to describe an experiment. Its name is what reports call it, most often the hypothesis.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            steady: Vec::new(),
            faults: Vec::new(),
            lasts: Duration::from_secs(60),
            patience: Duration::from_secs(10),
            abort_when: Vec::new(),
            measures: Vec::new(),
            last: Mutex::new(None),
        }
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

    /// Sets for how long it is broken. Defaults to 1 minute.
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
        self.last.lock().clone()
    }

    /// Runs the experiment once.
    ///
    /// # Cancellation
    ///
    /// When it is dropped, the faults stop, and the last report says that it was aborted.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with a timer, and when what is the user's panics. Then the faults stop, too.
    pub async fn run(&self) -> Report {
        let mut session = Session::begin(self);
        if let Err(why) = self.check().await {
            return session.finish(Outcome::NotSteady(why));
        }
        session.is_on = true;
        for fault in &self.faults {
            if let Err(error) = fault.start() {
                return session.finish(Outcome::Aborted(format!("{} did not start: {error}", fault.name())));
            }
        }
        if let Err(outcome) = session.watch().await {
            return session.finish(outcome);
        }
        session.stop();
        let after = self.check().await;
        session.finish(after.map_or_else(|why| Outcome::Broken(format!("after the faults, {why}")), |()| Outcome::Held))
    }

    /// Runs the experiment again and again, from one start to the next after this time, or 100 milliseconds after a run that took longer.
    ///
    /// Returns the first report of a run whose hypothesis did not hold, or that was aborted.
    ///
    /// # Cancellation
    ///
    /// As for [`run`](Self::run).
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run) does.
    pub async fn every(&self, interval: Duration) -> Report {
        loop {
            let next = time::after(time::now(), interval);
            let report = self.run().await;
            if report.outcome != Outcome::Held {
                return report;
            }
            sleep_until(next.max(time::after(time::now(), PAUSE))).await;
        }
    }

    /// Asks all checks of the steady state, and says which does not hold.
    async fn check(&self) -> Result<(), String> {
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
    fn aborted(&self) -> Option<Outcome> {
        if self.abort_when.iter().any(|is_to_abort| is_to_abort()) {
            return Some(Outcome::Aborted("a condition said so".to_owned()));
        }
        let ended = self.faults.iter().find(|fault| !fault.is_on());
        ended.map(|fault| Outcome::Aborted(format!("{} ended by itself", fault.name())))
    }
}

/// A run. Dropped, it stops the faults and leaves its report.
struct Session<'a> {
    experiment: &'a Experiment,
    start: Instant,
    report: Report,
    /// Whether the faults were started, and not stopped since.
    is_on: bool,
    /// The sums of what was read, and how often it was.
    read: (Vec<f64>, u32),
}

impl<'a> Session<'a> {
    fn begin(experiment: &'a Experiment) -> Self {
        let measure = |(name, read): &(String, Box<dyn Fn() -> f64 + Send + Sync>)| {
            let before = read();
            Measurement { name: name.clone(), before, during: None, after: before }
        };
        let report = Report {
            name: experiment.name.clone(),
            outcome: Outcome::Aborted("the run was dropped".to_owned()),
            began: time::wall_clock(),
            took: Duration::ZERO,
            faults: Vec::new(),
            measurements: experiment.measures.iter().map(measure).collect(),
        };
        Self { experiment, start: time::now(), report, is_on: false, read: (vec![0.0; experiment.measures.len()], 0) }
    }

    /// Watches until the time is over, or something ends it.
    async fn watch(&mut self) -> Result<(), Outcome> {
        let experiment = self.experiment;
        let end = time::after(time::now(), experiment.lasts);
        // Boxed, so that another can take its place.
        let mut check = Box::pin(experiment.check());
        loop {
            self.read();
            if let Some(outcome) = experiment.aborted() {
                return Err(outcome);
            }
            let now = time::now();
            if now >= end {
                return Ok(());
            }
            let next = time::after(now, PAUSE).min(end);
            if let Ok(checked) = timeout_at(next, &mut check).await {
                checked.map_err(Outcome::Broken)?;
                check = Box::pin(experiment.check());
                sleep_until(next).await;
            }
        }
    }

    fn read(&mut self) {
        let (sums, times) = &mut self.read;
        for (sum, (_, read)) in sums.iter_mut().zip(&self.experiment.measures) {
            *sum += read();
        }
        *times += 1;
    }

    /// Stops the faults, and writes down what they did.
    fn stop(&mut self) {
        if !mem::take(&mut self.is_on) {
            return;
        }
        let stop = |fault: &dyn Disrupt| {
            let done = fault.done();
            fault.stop();
            (fault.name(), done)
        };
        self.report.faults = self.experiment.faults.iter().map(|fault| stop(&**fault)).collect();
    }

    fn finish(mut self, outcome: Outcome) -> Report {
        self.stop();
        let (sums, times) = &self.read;
        for ((measurement, sum), (_, read)) in
            self.report.measurements.iter_mut().zip(sums).zip(&self.experiment.measures)
        {
            measurement.during = (*times > 0).then(|| sum / f64::from(*times));
            measurement.after = read();
        }
        self.report.outcome = outcome;
        self.report.took = time::now() - self.start;
        self.report.clone()
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.stop();
        if thread::panicking() {
            self.report.outcome = Outcome::Aborted("the run panicked".to_owned());
        }
        self.report.took = time::now() - self.start;
        *self.experiment.last.lock() = Some(self.report.clone());
    }
}

/// What it asks is the user's.
impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment").field("name", &self.name).field("lasts", &self.lasts).finish_non_exhaustive()
    }
}
