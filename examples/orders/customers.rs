//! The customers: each orders one thing, and asks again until there is an answer.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tower::BoxError;

use crate::a_moment;

const ORDERS: u32 = 300;
/// How often somebody orders: a hundred times a second.
const EVERY: Duration = Duration::from_millis(10);

/// What the customers were told.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) sent: usize,
    pub(crate) done: Vec<String>,
    /// How many of those were told that they pay later.
    pub(crate) paid_later: usize,
    pub(crate) undone: Vec<String>,
    /// How often somebody asked again.
    asked_again: usize,
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, done, paid_later, undone, asked_again } = self;
        let (done, undone) = (done.len(), undone.len());
        write!(f, "sent={sent} done={done} paid_later={paid_later} undone={undone} asked_again={asked_again}")
    }
}

/// All order, one after another, and wait for their answers.
pub(crate) async fn order(port: u16, began: Instant) -> Result<Answers, BoxError> {
    let http = reqwest::Client::new();
    let mut customers = JoinSet::new();
    for number in 0..ORDERS {
        // One in ten wants what is rare.
        let thing = if number % 10 == 0 { "rare" } else { "common" };
        let (http, id) = (http.clone(), format!("order-{number}"));
        let url = format!("http://127.0.0.1:{port}/order/{id}/{thing}");
        customers.spawn(async move {
            sleep_until(began + EVERY * number).await;
            let mut asked_again = 0;
            loop {
                // Nobody knows what became of an order whose shop was killed. The shop knows it by its id.
                let status = http.post(&url).send().await.map(|response| response.status());
                match status {
                    Ok(StatusCode::OK | StatusCode::ACCEPTED | StatusCode::CONFLICT) => {
                        return (id, status, asked_again);
                    }
                    _ => asked_again += 1,
                }
                a_moment().await;
            }
        });
    }
    let mut answers = Answers::default();
    while let Some(answer) = customers.join_next().await {
        let (id, status, asked_again) = answer?;
        answers.sent += 1;
        answers.asked_again += asked_again;
        let status = status?;
        answers.paid_later += usize::from(status == StatusCode::ACCEPTED);
        let told = if status == StatusCode::CONFLICT { &mut answers.undone } else { &mut answers.done };
        told.push(id);
    }
    Ok(answers)
}

/// Waits until the shop can be asked.
pub(crate) async fn until_open(port: u16) -> Result<(), BoxError> {
    until_ok(&format!("http://127.0.0.1:{port}/open")).await
}

/// Waits until the shop has nothing left to do.
pub(crate) async fn until_at_rest(port: u16) -> Result<(), BoxError> {
    until_ok(&format!("http://127.0.0.1:{port}/at_rest")).await
}

async fn until_ok(url: &str) -> Result<(), BoxError> {
    loop {
        let response = reqwest::get(url).await;
        if response.is_ok_and(|response| response.status() == StatusCode::OK) {
            return Ok(());
        }
        a_moment().await;
    }
}
