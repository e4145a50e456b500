use super::*;

#[test]
fn a_quantile_is_more_than_none_and_less_than_all() {
    for share in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        let error = HedgeLayer::builder("search").after_quantile(share).build().unwrap_err();
        assert_eq!((error.setting(), error.legal()), ("after_quantile", "more than 0 and less than 1"), "{share}");
    }
    for share in [f64::MIN_POSITIVE, 0.5, 1.0 - f64::EPSILON] {
        assert!(HedgeLayer::builder("search").after_quantile(share).build().is_ok(), "{share}");
    }
    let error = HedgeLayer::builder("search").after_quantile(1.0).build().unwrap_err();
    assert_eq!(error.to_string(), "hedge `search`: `after_quantile` is 1, but must be more than 0 and less than 1");
}

#[test]
fn the_last_delay_that_was_set_counts() {
    let layer = HedgeLayer::builder("search").after_quantile(7.0).after(SECOND).build().unwrap();
    assert_eq!(layer.handle().delay(), Some(SECOND));
}

#[test]
fn a_name_has_at_least_a_byte() {
    let error = HedgeLayer::builder("").build().unwrap_err();
    assert_eq!(error.to_string(), "hedge: `name` is \"\", but must be 1 to 64 bytes");
}
