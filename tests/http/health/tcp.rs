//! Checks that connect.

use palisade::health::Verdict;

use super::*;
use crate::sockets::{listen, refusing};

#[tokio::test]
async fn a_check_connects() {
    let (_listener, addr) = listen().await;
    let there = HealthCheck::tcp("database", addr).build().unwrap();
    let by_name = HealthCheck::tcp("database", format!("localhost:{}", addr.port())).build().unwrap();
    let by_text = HealthCheck::tcp("database", addr.to_string()).build().unwrap();
    for check in [there, by_name, by_text] {
        run(&check).await;
        assert_eq!(check.verdict(), Verdict::Healthy);
    }
}

#[tokio::test]
async fn where_nobody_listens_it_is_unhealthy() {
    let (_held, addr) = refusing();
    let check = HealthCheck::tcp("database", addr).build().unwrap();
    run(&check).await;
    assert!(matches!(check.verdict(), Verdict::Unhealthy(why) if why.contains("refused")));
}
