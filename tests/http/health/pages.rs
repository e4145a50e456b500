//! What the pages say. The clock is paused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use palisade::health::{Degraded, HealthBuilder};
use serde_json::json;

use super::*;

const PAGES: [&str; 5] = ["/livez", "/startupz", "/readyz", "/health", "/health/deep"];

/// A service with one check.
async fn service(result: Result<(), &'static str>, add: fn(HealthBuilder, &HealthCheck) -> HealthBuilder) -> Health {
    let check = check("thing", result).build().unwrap();
    run(&check).await;
    add(Health::builder(), &check).build().unwrap()
}

async fn statuses(health: &Health) -> [(u16, String); 5] {
    let mut statuses = Vec::new();
    for path in PAGES {
        let (status, page) = page(&health.service(), path).await;
        statuses.push((status, page["status"].as_str().unwrap().to_owned()));
    }
    statuses.try_into().unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_page_goes_by_its_kinds_of_checks() {
    let (pass, warn, fail) = ((200, "pass"), (200, "warn"), (503, "fail"));
    for (case, health, [live, startup, ready, whole, deep]) in [
        ("no check", Health::builder().build().unwrap(), [pass; 5]),
        ("a good critical one", service(Ok(()), HealthBuilder::critical).await, [pass; 5]),
        ("a bad critical one", service(Err("x"), HealthBuilder::critical).await, [pass, fail, fail, fail, fail]),
        ("a bad degrading one", service(Err("x"), HealthBuilder::degrading).await, [pass, pass, warn, warn, warn]),
        ("a bad informing one", service(Err("x"), HealthBuilder::informing).await, [pass, pass, pass, pass, fail]),
    ] {
        let expected = [live, startup, ready, whole, deep].map(|(status, word)| (status, word.to_owned()));
        assert_eq!(statuses(&health).await, expected, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_degraded_critical_check_warns_and_stays_ready() {
    let check = HealthCheck::new("thing", async || Ok::<_, io::Error>(Degraded("slow"))).unwrap();
    run(&check).await;
    let health = Health::builder().critical(&check).build().unwrap();
    assert_eq!(statuses(&health).await[2], (200, "warn".into()));
}

#[tokio::test(start_paused = true)]
async fn before_the_first_result_it_is_alive_and_has_not_started() {
    let check = check("thing", Ok(())).build().unwrap();
    let health = Health::builder().critical(&check).build().unwrap();
    let service = health.service().show_outputs();
    assert_eq!(page(&service, "/livez").await.0, 200);
    assert_eq!(page(&service, "/startupz").await, (503, json!({"status": "fail", "output": "starting"})));
    let expected = json!({"thing": [{"status": "fail", "kind": "critical", "output": "no result yet"}]});
    assert_eq!(page(&service, "/readyz").await, (503, json!({"status": "fail", "checks": expected})));
    run(&check).await;
    assert_eq!(page(&service, "/startupz").await, (200, json!({"status": "pass"})));
}

#[tokio::test(start_paused = true)]
async fn draining_changes_readiness_only() {
    let health = service(Ok(()), HealthBuilder::critical).await;
    health.drain();
    let words = statuses(&health).await.map(|(_, word)| word);
    assert_eq!(words, ["pass", "pass", "fail", "pass", "pass"]);
    assert_eq!(page(&health.service(), "/readyz").await.1, json!({"status": "fail", "output": "draining"}));
}

#[tokio::test(start_paused = true)]
async fn reasons_are_shown_only_where_that_is_allowed() {
    let health = service(Err("db-7.internal refused"), HealthBuilder::degrading).await;
    for path in PAGES {
        let (_, _, text) = ask(health.service(), "GET", path).await;
        assert!(!text.contains("internal"), "{path}: {text}");
    }
    let (_, page) = page(&health.service().show_outputs(), "/health").await;
    assert_eq!(page["checks"]["thing"][0]["output"], "db-7.internal refused");
}

#[tokio::test(start_paused = true)]
async fn a_check_is_shown_with_its_times() {
    let slow = || async {
        sleep(Duration::from_millis(250)).await;
        Ok::<_, io::Error>(())
    };
    let check = HealthCheck::new("thing", slow).unwrap();
    run(&check).await;
    let health = Health::builder().informing(&check).build().unwrap();
    let (_, page) = page(&health.service(), "/health").await;
    let shown = &page["checks"]["thing"][0];
    assert_eq!(
        (&shown["status"], &shown["kind"], &shown["observedValue"], &shown["observedUnit"]),
        (&json!("pass"), &json!("informing"), &json!(250), &json!("ms"))
    );
    let time = shown["time"].as_str().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z') && time.starts_with("20"), "{time}");
}

#[tokio::test(start_paused = true)]
async fn names_and_reasons_of_any_text_are_escaped() {
    let odd = "a\"b\\c\n\t\0\u{7f}\u{2028}<b>&é\u{1f600}";
    let check = HealthCheck::new(odd, move || async move { Err::<(), _>(io::Error::other(odd)) }).unwrap();
    run(&check).await;
    let health = Health::builder().critical(&check).build().unwrap();
    let (_, _, text) = ask(health.service().show_outputs(), "GET", "/health").await;
    assert!(!text.contains(['\n', '\0', '<', '&', '\u{7f}', '\u{2028}']), "{text}");
    let page: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(page["checks"][odd][0]["output"], odd);
}

#[tokio::test(start_paused = true)]
async fn pages_stand_under_any_prefix_and_no_other_path_is_one() {
    let service = Health::builder().build().unwrap().service();
    for path in PAGES {
        for prefix in ["", "/internal", "/a/b", "//"] {
            assert_eq!(ask(service.clone(), "GET", &format!("{prefix}{path}?x=/y")).await.0, 200, "{prefix}{path}");
        }
    }
    for path in ["/", "/health/", "/healthz", "/deep", "/nohealth/deep", "/livez/x", "/Livez", "*"] {
        assert_eq!(ask(service.clone(), "GET", path).await.0, 404, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_get_and_head_are_allowed() {
    let service = service(Err("x"), HealthBuilder::critical).await.service();
    for path in PAGES {
        let (status, headers, text) = ask(service.clone(), "GET", path).await;
        let (head_status, head_headers, nothing) = ask(service.clone(), "HEAD", path).await;
        assert_eq!((status, &headers, ""), (head_status, &head_headers, &*nothing), "{path}");
        assert_eq!(headers["content-type"], "application/health+json");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["content-length"], text.len().to_string());
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"] {
            let (status, headers, _) = ask(service.clone(), method, path).await;
            assert_eq!((status, headers["allow"].to_str().unwrap()), (405, "GET, HEAD"), "{method} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_probes_runs_no_check() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let check = HealthCheck::new("database", move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, io::Error>(()) }
    });
    let check = check.unwrap();
    run(&check).await;
    let service = Health::builder().critical(&check).build().unwrap().service();
    for _ in 0..10_000 {
        assert_eq!(ask(service.clone(), "GET", "/health").await.0, 200);
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}
