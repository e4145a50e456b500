//! What is printed, and what is checked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use palisade::ReplicaSnapshot;

use crate::NAMES;
use crate::script::{KILLED, RESTARTED};
use crate::traffic::{CALLS_A_SECOND, Client, Ended, Log};

pub(crate) fn print_head() {
    println!(
        "Three servers are one service: calls go to `a` and fail over to `b` and `c`. {CALLS_A_SECOND} calls arrive in a\n\
         second. A row counts what was sent to each server in that second, and the calls that ended;\n\
         `*` is the server that takes the calls at its end. p99 is in ms.\n"
    );
    let [a, b, c] = NAMES;
    println!("{:>3} {:17} {a:<18} {b:<18} {c:<18} good fail  p99", "s", "");
}

/// A row a second.
pub(crate) struct Table {
    client: Client,
    log: Log,
    /// What was printed so far: ended calls, and calls to each server.
    printed: usize,
    sent: [u64; 3],
    /// Calls to `a` while it was dead, but for the first second.
    to_the_dead: u64,
    /// Which replicas took calls when a second ended, in order.
    in_use: Vec<Arc<str>>,
}

impl Table {
    pub(crate) fn new(client: &Client, log: &Log) -> Self {
        let (client, log) = (client.clone(), Arc::clone(log));
        Self { client, log, printed: 0, sent: [0; 3], to_the_dead: 0, in_use: Vec::new() }
    }

    pub(crate) fn print_row(&mut self, second: u64, story: &str) {
        let sent = self.client.sent.each_ref().map(|sent| sent.load(Relaxed));
        let [in_a, in_b, in_c] = [0, 1, 2].map(|server| sent[server] - self.sent[server]);
        if (KILLED + 1..RESTARTED).contains(&second) {
            self.to_the_dead += in_a;
        }
        let replicas = self.client.handle.snapshot().replicas;
        let cell = |name: &str, sent| replicas.iter().find(|replica| *replica.name == *name).map(|r| cell(r, sent));
        let [a, b, c] = [(NAMES[0], in_a), (NAMES[1], in_b), (NAMES[2], in_c)]
            .map(|(name, sent)| cell(name, sent).unwrap_or_default());
        let ended = self.log.lock()[self.printed..].to_vec();
        println!("{second:>3} {story:17} {a:<18} {b:<18} {c:<18} {}", Figures(&ended));

        let in_use = replicas.iter().find(|replica| replica.is_in_use).map(|replica| Arc::clone(&replica.name));
        self.in_use.extend(in_use.filter(|name| self.in_use.last() != Some(name)));
        (self.printed, self.sent) = (self.printed + ended.len(), sent);
    }

    /// Prints the last lines, and tells the conditions that were not met.
    pub(crate) fn finish(&self) -> Vec<String> {
        let (writes, reads): (Vec<_>, Vec<_>) = self.log.lock().iter().copied().partition(|call: &Ended| call.is_write);
        let failed = count(&reads, false);
        println!("\nreads:  sent={} good={} failed={failed}", reads.len(), count(&reads, true));
        if !writes.is_empty() {
            println!("writes: sent={} good={} failed={}", writes.len(), count(&writes, true), count(&writes, false));
        }
        let (dead, while_dead) = (self.to_the_dead, (RESTARTED - KILLED - 1) * u64::from(CALLS_A_SECOND));
        println!("{dead} of {while_dead} calls reached the dead server after its first second");
        let in_use = self.in_use.join(" ");
        let conditions = [
            (!reads.is_empty() && failed == 0, format!("each read is answered ({failed} were not)")),
            (
                dead * 100 <= while_dead,
                format!("at most 1 % of the calls reach a dead server ({dead} of {while_dead})"),
            ),
            (in_use == "a b c a", format!("calls fail over from a to b to c, and back to a (it was {in_use})")),
        ];
        conditions.into_iter().filter(|(is_met, _)| !is_met).map(|(_, condition)| condition).collect()
    }
}

fn cell(replica: &ReplicaSnapshot, sent: u64) -> String {
    let mark = if replica.is_in_use { "*" } else { " " };
    format!("{sent:>4}{mark} {}", replica.phase.as_str())
}

fn count(calls: &[Ended], is_good: bool) -> usize {
    calls.iter().filter(|call| call.is_good == is_good).count()
}

/// Calls that ended: how many were good, how many failed, and the latency that 99 % did not exceed.
struct Figures<'a>(&'a [Ended]);

impl fmt::Display for Figures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut latencies: Vec<_> = self.0.iter().map(|call| call.latency).collect();
        latencies.sort_unstable();
        let rank = (latencies.len() * 99).div_ceil(100);
        let p99 = rank.checked_sub(1).map_or(Duration::ZERO, |index| latencies[index]);
        write!(f, "{:>4} {:>4} {:>4}", count(self.0, true), count(self.0, false), p99.as_millis())
    }
}
