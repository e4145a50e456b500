//! The health of all services in one answer.

use std::io;

use palisade::{Health, HealthCheck};

use super::*;
use crate::patience::eventually;

async fn check(registry: &Registry, result: Result<(), &'static str>) -> HealthCheck {
    let check = move || async move { result.map_err(io::Error::other) };
    let check = HealthCheck::builder("disk", check).registry(registry).build().unwrap();
    tokio::spawn(check.run());
    eventually("there is a result", || check.snapshot().last.is_some()).await;
    check
}

#[tokio::test]
async fn without_a_health_there_is_nothing_to_say() {
    let said = get(&open(&Registry::new()), "/health").await;
    assert_eq!(said.status, 404);
    assert!(said.text.contains("`Health`"), "{}", said.text);
}

#[tokio::test]
async fn the_worst_service_decides() {
    let registry = Registry::new();
    let (well, ill) = (check(&registry, Ok(())).await, check(&registry, Err("full")).await);
    let page = open(&registry);
    let orders = Health::builder().name("orders".try_into_name()).critical(&well).registry(&registry).build().unwrap();
    let said = get(&page, "/health").await;
    assert_eq!((said.status, said.text.as_str()), (200, r#"{"services":{"orders":"pass"},"status":"pass"}"#));
    let quotes = Health::builder().name("quotes".try_into_name()).degrading(&ill).registry(&registry).build().unwrap();
    let said = get(&page, "/health").await;
    assert_eq!(
        (said.status, said.text.as_str()),
        (200, r#"{"services":{"orders":"pass","quotes":"warn"},"status":"warn"}"#)
    );
    let stocks = Health::builder().name("stocks".try_into_name()).critical(&ill).registry(&registry).build().unwrap();
    let said = get(&page, "/health").await;
    assert_eq!(said.status, 503);
    drop((orders, quotes, stocks));
}

trait TryIntoName {
    fn try_into_name(self) -> palisade::Name;
}

impl TryIntoName for &'static str {
    fn try_into_name(self) -> palisade::Name {
        palisade::Name::new(self).unwrap()
    }
}
