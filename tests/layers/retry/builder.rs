use super::*;

#[test]
fn zero_attempts_are_an_error() {
    let error = hasty().max_attempts(0).build().unwrap_err();
    assert_eq!((error.setting(), error.value(), error.legal()), ("max_attempts", "0", "at least 1"));
}

#[test]
fn a_base_above_its_cap_is_an_error() {
    let backoff = Backoff::exponential(SECOND + TICK, SECOND);
    assert_eq!(hasty().backoff(backoff).build().unwrap_err().setting(), "backoff");
}

#[test]
fn a_name_must_be_of_1_to_64_bytes() {
    assert_eq!(RetryLayer::builder("").build().unwrap_err().setting(), "name");
    assert_eq!(RetryLayer::builder("x".repeat(65)).build().unwrap_err().setting(), "name");
    assert!(RetryLayer::builder("x".repeat(64)).build().is_ok());
}

#[test]
fn an_error_names_the_instance() {
    let error = RetryLayer::builder("payments").max_attempts(0).build().unwrap_err();
    assert!(error.to_string().contains("payments"), "{error}");
}
