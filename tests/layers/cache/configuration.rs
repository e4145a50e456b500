//! Settings that are not legal.

use palisade::cache::Fetch;

use super::*;

/// The call that no layer here gets to make.
type Call = Fetch<Inner, u32, ByKey<Key, u32>>;

#[test]
fn what_is_not_legal_is_an_error_of_build() {
    let said = |builder: CacheBuilder<ByKey<Key, u32>>| builder.build::<Call>().unwrap_err().to_string();
    let rows = [
        (said(builder().capacity(0)), "`capacity` is 0, but must be at least 1"),
        (said(builder().ttl_jitter(1.5)), "`ttl_jitter` is 1.5, but must be 0 to 1"),
        (said(builder().ttl_jitter(f64::NAN)), "`ttl_jitter` is NaN, but must be 0 to 1"),
        (said(builder().early(-1.0)), "`early` is -1, but must be 0 to 1,000"),
        (said(builder().early(f64::INFINITY)), "`early` is inf, but must be 0 to 1,000"),
    ];
    for (said, says) in rows {
        assert_eq!(said, format!("cache `catalog`: {says}"));
    }
    let refreshing = builder().stale_while_revalidate(SECOND).max_refreshes(0);
    let says = "cache `catalog`: `max_refreshes` is 0, but must be 1 to 1,000,000";
    assert_eq!(refreshing.build::<Call>().unwrap_err().to_string(), says);
}
