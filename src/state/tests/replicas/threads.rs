//! Calls on two threads.

use super::*;
use crate::state::tests::together;

#[test]
fn calls_in_flight_are_counted_exactly() {
    let team = team_of(RULES, 3);
    let (roster, members) = (&team.roster, team.roster.members().0);
    together(20_000, |number| {
        let (choice, _) = roster.choose(&members, 0, &[], Nanos(0));
        let choice = choice.unwrap();
        let how = if number % 3 == 0 { Failure } else { Success };
        _ = roster.exit(members.get(choice.index), choice.entry, how, Nanos(0)).is_empty();
    });
    let in_flight: u64 = members.iter().map(|member| member.in_flight()).sum();
    let calls: u64 = members.iter().map(|member| member.totals().0).sum();
    assert_eq!((in_flight, calls), (0, 40_000));
}

#[test]
fn of_failures_that_come_together_one_ejects() {
    for _ in 0..200 {
        let team = team_of(RULES, 3);
        let calls: Vec<_> = (0..8).map(|_| team.call_at("a")).collect();
        let (roster, ejections) = (&team.roster, AtomicU64::new(0));
        let ended = AtomicU64::new(0);
        together(4, |_| {
            let call = &calls[usize::try_from(ended.fetch_add(1, SeqCst)).unwrap()];
            let changes = roster.exit(&call.member, call.entry, Failure, Nanos(0));
            ejections.fetch_add(changes.into_iter().count() as u64, SeqCst);
        });
        assert_eq!(ejections.into_inner(), 1);
    }
}
