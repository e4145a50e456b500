//! How an experiment runs.

use std::mem;
use std::thread;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::description::Experiment;
use super::report::{Measurement, Outcome, Report};
use crate::caught::Panicked;
use crate::time;

/// How often a run looks at what may end it.
const PAUSE: Duration = Duration::from_millis(100);

impl Experiment {
    /// Runs the experiment once.
    ///
    /// One run goes on at a time. Another that begins meanwhile breaks nothing: its report says that it was aborted, and is not the
    /// [last](Self::last) one.
    ///
    /// # Cancellation
    ///
    /// When it is dropped, the faults stop, and the last report says that it was aborted.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with a timer, and when what is the user's panics. Then the faults stop, too.
    pub async fn run(&self) -> Report {
        let Some(mut run) = Run::begin(self) else { return Report::aborted(self.seen.name(), "it runs already") };
        let outcome = run.go().await.err().unwrap_or(Outcome::Held);
        run.end(outcome)
    }

    /// Runs the experiment again and again, from one start to the next after this time, or 100 milliseconds after a run that took longer.
    ///
    /// Returns the first report of a run whose hypothesis did not hold, or that was aborted.
    ///
    /// # Examples
    ///
    /// A drill each hour. The registry shows its last report for as long as somebody has it, also when the task has ended:
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use palisade::chaos::Experiment;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), palisade::ConfigError> {
    /// let drill = Arc::new(Experiment::new("nobody notices")?);
    /// let repeated = Arc::clone(&drill);
    /// tokio::spawn(async move { repeated.every(Duration::from_secs(3600)).await });
    /// # drop(drill);
    /// # Ok(())
    /// # }
    /// ```
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
}

/// A run. Dropped, it stops the faults and leaves its report.
struct Run<'a> {
    experiment: &'a Experiment,
    start: Instant,
    report: Report,
    /// Whether the faults were started, and not stopped since.
    is_on: bool,
    /// The sums of what was read, and how often it was.
    read: (Vec<f64>, u32),
}

impl<'a> Run<'a> {
    /// Begins a run, unless another goes on: they would stop each other's faults.
    fn begin(experiment: &'a Experiment) -> Option<Self> {
        if !experiment.seen.enter() {
            return None;
        }
        let report = Report::aborted(experiment.seen.name(), "the run was dropped");
        let read = (vec![0.0; experiment.measures.len()], 0);
        let mut run = Self { experiment, start: time::now(), report, is_on: false, read };
        experiment.seen.begin(experiment.lasts);
        run.read_before();
        Some(run)
    }

    /// Checks the steady state, breaks something, watches, mends it, and checks again.
    async fn go(&mut self) -> Result<(), Outcome> {
        self.experiment.check().await.map_err(Outcome::NotSteady)?;
        self.start()?;
        self.watch().await?;
        self.experiment.check().await.map_err(|why| Outcome::Broken(format!("after the faults, {why}")))
    }

    fn start(&mut self) -> Result<(), Outcome> {
        self.is_on = true;
        self.experiment.faults.iter().try_for_each(|fault| {
            let of = |error| Outcome::Aborted(format!("{} did not start: {error}", fault.name()));
            fault.start().map_err(of)
        })
    }

    /// Watches until the time is over, or something ends it. Then it stops the faults, and lets a check that has begun end.
    async fn watch(&mut self) -> Result<(), Outcome> {
        let experiment = self.experiment;
        let end = time::after(time::now(), experiment.lasts);
        let mut begun = None;
        loop {
            self.read();
            if let Some(outcome) = experiment.aborted() {
                return Err(outcome);
            }
            let now = time::now();
            if now >= end {
                break;
            }
            let next = time::after(now, PAUSE).min(end);
            // Boxed, so that another can take its place.
            let check = begun.get_or_insert_with(|| Box::pin(experiment.check()));
            if let Ok(checked) = timeout_at(next, check).await {
                checked.map_err(Outcome::Broken)?;
                begun = None;
                sleep_until(next).await;
            }
        }
        self.stop()?;
        // What hung with the faults does not hold because they ended before its patience.
        match begun {
            Some(check) => check.await.map_err(Outcome::Broken),
            None => Ok(()),
        }
    }

    /// Stops all faults, also where one of them panics, and writes down what they did.
    fn stop(&mut self) -> Result<(), Outcome> {
        let mut stopped = Ok(());
        if mem::take(&mut self.is_on) {
            for fault in &self.experiment.faults {
                let done = Panicked::catch(|| (fault.name(), fault.done()));
                let end = Panicked::catch(|| fault.stop());
                match done.and_then(|done| end.map(|()| done)) {
                    Ok(done) => self.report.faults.push(done),
                    Err(panicked) => stopped = Err(Outcome::Aborted(format!("a fault {panicked}"))),
                }
            }
        }
        stopped
    }

    fn read_before(&mut self) {
        for (name, read) in &self.experiment.measures {
            let before = read();
            let measurement = Measurement { name: name.clone(), before, during: None, after: before };
            self.report.measurements.push(measurement);
        }
    }

    fn read(&mut self) {
        let (sums, times) = &mut self.read;
        for (sum, (_, read)) in sums.iter_mut().zip(&self.experiment.measures) {
            *sum += read();
        }
        *times += 1;
    }

    fn read_after(&mut self) {
        let ((sums, times), measures) = (&self.read, &self.experiment.measures);
        for ((measurement, sum), (_, read)) in self.report.measurements.iter_mut().zip(sums).zip(measures) {
            measurement.during = (*times > 0).then(|| sum / f64::from(*times));
            measurement.after = read();
        }
    }

    fn end(mut self, outcome: Outcome) -> Report {
        let outcome = self.stop().err().unwrap_or(outcome);
        self.read_after();
        self.report.outcome = outcome;
        self.report.took = time::now() - self.start;
        self.report.clone()
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.report.outcome = Outcome::Aborted("the run panicked".to_owned());
        }
        if let Err(outcome) = self.stop() {
            self.report.outcome = outcome;
        }
        // A run that went to its end has told already how long it took.
        if self.report.took.is_zero() {
            self.report.took = time::now() - self.start;
        }
        self.experiment.seen.end(self.report.clone());
    }
}
