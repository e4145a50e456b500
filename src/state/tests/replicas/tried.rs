//! A call goes on to those that it has not tried.

use super::*;

#[test]
fn a_call_tries_each_member_once() {
    let keyed = Rules { shards: Some(2), ..RULES };
    for rules in [RULES, ROUND_ROBIN, FAIL_OVER, keyed] {
        let team = team_of(rules, 20);
        let mut tried = Vec::new();
        while let Some(call) = team.try_call(3, &tried) {
            assert!(!tried.contains(&call.member.id()), "{rules:?}");
            tried.push(call.member.id());
            team.end(call, Nothing);
        }
        assert_eq!(tried.len(), 20, "{rules:?}");
    }
}

#[test]
fn one_that_is_out_is_not_tried_where_a_healthy_one_refused() {
    for rules in [RULES, ROUND_ROBIN, FAIL_OVER] {
        let team = team_of(rules, 2);
        team.eject("a");
        let refused = team.call();
        assert!(team.try_call(0, &[refused.member.id()]).is_none(), "{rules:?}");
    }
}

#[test]
fn ids_of_no_member_hide_nobody() {
    let team = team_of(RULES, 3);
    assert!(team.try_call(0, &[u64::MAX]).is_some());
}
