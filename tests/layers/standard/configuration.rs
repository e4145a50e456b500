//! A setting that is not legal is an error of the setter that names it.

use palisade::ConfigError;

use super::*;

fn message<T: std::fmt::Debug>(result: Result<T, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn an_illegal_setting_is_told_with_its_layer_and_its_value() {
    let stack = || standard("payments").unwrap();
    for (error, text) in [
        (message(standard("")), "standard stack: `name` is \"\", but must be 1 to 64 bytes"),
        (
            message(stack().retry(|retry| retry.max_attempts(0))),
            "retry `payments`: `max_attempts` is 0, but must be at least 1",
        ),
        (
            message(stack().circuit_breaker(|circuit| circuit.failure_rate(1.5))),
            "circuit breaker `payments`: `failure_rate` is 1.5, but must be in (0, 1]",
        ),
    ] {
        assert_eq!(error, text);
    }
}

#[tokio::test(start_paused = true)]
async fn each_change_of_a_part_begins_with_the_one_before() {
    let attempts = |codes| {
        let inner = coded(codes);
        let stack = standard("payments").unwrap().retry(|retry| retry.max_attempts(2)).unwrap();
        let stack = stack.retry(|retry| retry.seed(1).without_budget()).unwrap();
        async move {
            call(&stack, inner.clone()).await.unwrap_err();
            inner.calls().count()
        }
    };
    assert_eq!(attempts(&[1, 2, 3]).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_changed_retry_goes_by_its_own_rules() {
    let inner = coded(&[1, 2, 200]);
    let stack = standard("payments").unwrap();
    let stack = stack.retry(|retry| retry.retry_if(|_: &u32, _: Result<&u32, &Error>| false)).unwrap();
    call(&stack, inner.clone()).await.unwrap_err();
    assert_eq!(inner.calls().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_not_taken_for_a_success() {
    let stack = standard("payments").unwrap().fallback(palisade::fallback::value(404));
    assert_eq!(call(&stack, up()).await.unwrap(), 1);
}
