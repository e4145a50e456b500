//! Values of the application.

use palisade::test_util::EventLog;

use std::collections::HashMap;

use super::*;

#[test]
fn values_come_back_as_they_were() {
    let snapshot = Registry::new().snapshot();
    let sessions = HashMap::from([("ann".to_owned(), 3), ("bob".to_owned(), 5)]);
    let snapshot = snapshot.with("sessions", &sessions).unwrap().with("count", 1).unwrap().with("count", 2).unwrap();
    let snapshot = of_json(&as_json(&snapshot));
    assert_eq!(snapshot.value("sessions"), Some(sessions));
    assert_eq!((snapshot.value("count"), snapshot.value::<u32>("nothing")), (Some(2), None));
}

#[test]
fn a_value_that_has_no_form_in_json_is_an_error() {
    let of_pairs = HashMap::from([((1, 2), 3)]);
    assert!(Registry::new().snapshot().with("pairs", of_pairs).is_err());
    assert!(Registry::new().snapshot().with("large", u128::MAX).is_err());
}

#[test]
fn a_value_that_is_too_deep_to_be_read_is_an_error() {
    let nested = |depth| (0..depth).fold(json!(0), |inner, _| json!([inner]));
    let deepest = Registry::new().snapshot().with("deep", nested(125)).unwrap();
    let text = serde_json::to_string(&deepest).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap().value("deep"), Some(nested(125)));
    assert!(Registry::new().snapshot().with("deep", nested(126)).is_err());
}

#[test]
fn a_number_that_is_not_finite_is_none() {
    let snapshot = Registry::new().snapshot().with("load", f64::NAN).unwrap();
    assert_eq!(snapshot.value::<Option<f64>>("load"), Some(None));
}

#[test]
fn a_value_that_is_not_given_is_told() {
    let (events, snapshot) = (EventLog::of_thread(), Registry::new().snapshot().with("count", "two").unwrap());
    assert_eq!(snapshot.value::<u32>("count"), None);
    assert_eq!(older(&snapshot, 7_200_000).value::<String>("count"), None);
    assert_eq!(older(&snapshot, -7_200_000).value::<String>("count"), None);
    assert_eq!(snapshot.value("count"), Some("two".to_owned()));
    let told: Vec<_> = events.of("palisade::registry").iter().map(|told| told.field("why").to_owned()).collect();
    assert_eq!(told, ["damaged", "expired", "from_the_future"]);
}

#[test]
fn a_value_of_a_newer_version_comes_back() {
    let mut json = as_json(&Registry::new().snapshot().with("count", 2).unwrap());
    json["version"] = 2.into();
    assert_eq!(of_json(&json).value("count"), Some(2));
}
