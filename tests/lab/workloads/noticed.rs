//! How soon a service that is dead is noticed.

use super::*;

/// Asserts that the circuit opens within so many seconds, after the service was well for so many.
fn opens(name: &str, well: u64, at_most: f64) {
    row(name, "time to open", |played| {
        let opened = until(Phase::Open, well, played);
        assert!(opened <= at_most, "{name}: after {opened} s");
        format!("{opened:.2} s")
    });
}

#[test]
fn a_dead_service_is_noticed_within_half_a_second() {
    opens("dead after a good minute, 100/s", 60, 0.5);
    opens("dead after a good minute, 2000/s", 60, 0.5);
}

/// It takes as long as the failures need to be half of those ten seconds that the rates are taken over.
#[test]
fn a_service_that_is_half_dead_is_noticed_within_ten_seconds() {
    opens("60 % fail after a good minute, 100/s", 60, 10.0);
}

#[test]
fn a_service_of_ten_places_that_hangs_is_noticed() {
    opens("10 places of 30 s, hung", 0, 65.0);
}

#[test]
fn a_dead_service_that_is_called_rarely_is_noticed() {
    opens("1 call in 10 s, dead", 0, 210.0);
}

#[test]
fn a_service_that_is_only_too_slow_is_noticed() {
    opens("slow only, 1,100 ms over a limit of 1 s", 0, 1.5);
}

/// Asserts that at most so many calls reach a service that answers none.
fn asks(name: &str, of: &str, at_most: u64, sent: impl Fn(&Played) -> u64) {
    row(name, of, |played| {
        let sent = sent(played);
        assert!(sent <= at_most, "{name}: {sent} calls were sent");
        sent.to_string()
    });
}

#[test]
fn a_service_dead_for_ten_minutes_is_asked_rarely() {
    asks("dead for ten minutes, 100/s", "calls sent", 500, |played| played.totals.sent);
}

/// The service fails for a second, in which its circuit opens, and then hangs.
#[test]
fn a_service_that_hangs_is_asked_rarely_though_callers_leave() {
    let hung = |played: &Played| played.seconds[1..].iter().map(|second| second.sent).sum();
    asks("hung, callers leave after 2 s", "calls sent in ten minutes", 800, hung);
}
