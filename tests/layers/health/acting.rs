//! Those who act on verdicts: who restarts a process, and who counts what several observers see.

use std::process::{Child, Command};

use palisade::{Judge, Judgement};
use parking_lot::Mutex;
use tokio::time::timeout;

use super::*;

/// A process that does nothing. It ends with the test.
#[derive(Debug)]
struct Process(Child);

impl Process {
    fn start() -> Self {
        Self(Command::new("sleep").arg("1000").spawn().expect("there is such a program"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).expect("it is ours");
    }
}

type Supervised = Arc<Mutex<Process>>;

/// Starts the process again when it is unhealthy, and once more when that did not help in a minute.
async fn supervise(check: HealthCheck, process: Supervised, starts: Calls) {
    let mut changes = check.changes();
    loop {
        timeout(60 * SECOND, changes.next()).await.ok();
        if let Verdict::Unhealthy(_) = check.verdict() {
            *process.lock() = Process::start();
            starts.add();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ended_is_started_again() {
    let (process, starts) = (Supervised::new(Mutex::new(Process::start())), Calls::default());
    let watched = Arc::clone(&process);
    let is_running = move || {
        let ended = watched.lock().0.try_wait();
        async move { ended.map(|ended| ended.map_or(Verdict::Healthy, |_| Verdict::Unhealthy("it ended".into()))) }
    };
    let check = HealthCheck::builder("orders", is_running).interval(SECOND).build().unwrap();
    run(&check).await;
    let supervisor = tokio::spawn(supervise(check.clone(), Arc::clone(&process), starts.clone()));
    for started in 1..3 {
        process.lock().0.kill().unwrap();
        process.lock().0.wait().unwrap();
        until(|| starts.count() == started).await;
        until(|| check.verdict() == Verdict::Healthy).await;
    }
    sleep(600 * SECOND).await;
    assert_eq!(starts.count(), 2, "one that runs is left alone");
    supervisor.abort();
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_does_not_help_is_done_again_after_a_minute() {
    let (process, starts) = (Supervised::new(Mutex::new(Process::start())), Calls::default());
    let check = HealthCheck::new("orders", async || Err::<(), _>(Down(1))).unwrap();
    run(&check).await;
    let supervisor = tokio::spawn(supervise(check, process, starts.clone()));
    sleep(10 * 60 * SECOND + SECOND).await;
    assert_eq!(starts.count(), 10);
    supervisor.abort();
}

#[tokio::test(start_paused = true)]
async fn of_three_observers_two_decide() {
    let things: [Thing; 3] = Default::default();
    let names = ["observer-1", "observer-2", "observer-3"];
    let observer = |(thing, name): (&Thing, _)| thing.check(name).unhealthy_threshold(1).healthy_threshold(1).build();
    let observers: Vec<_> = things.iter().zip(names).map(|pair| observer(pair).expect("it is legal")).collect();
    for observer in &observers {
        run(observer).await;
    }
    let down = move || observers.iter().map(|observer| f64::from(observer.judge() == Judgement::Unhealthy)).sum();
    let orders = HealthCheck::signal("orders", down).degraded_at(1.0).unhealthy_at(2.0);
    let orders = orders.interval(SECOND).unhealthy_threshold(1).healthy_threshold(1).build().unwrap();
    run(&orders).await;
    for (seen_down, verdict) in [(0, "healthy"), (1, "degraded"), (2, "unhealthy"), (3, "unhealthy"), (0, "healthy")] {
        for (number, thing) in things.iter().enumerate() {
            thing.is(if number < seen_down { Err(Down(1)) } else { Ok(()) });
        }
        sleep(3 * SECOND).await;
        assert_eq!(orders.verdict().as_str(), verdict, "{seen_down} see it down");
    }
}
