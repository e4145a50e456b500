//! An index of mistakes that others have made and that are not made here, each with a test that would find it.
//!
//! - A count window never slides: `circuit_breaker::windows::a_count_window_holds_the_last_results_however_old`.
//! - A time window costs more the more calls it holds:
//!   `circuit_breaker::windows::a_time_window_holds_no_more_for_many_calls_than_for_few`.
//! - Half-open has no limit on concurrent probes: `contracts::laws::bounds::probes_in_flight_are_bounded`.
//! - Half-open is wedged for ever: `circuit_breaker::half_open::a_hung_probe_does_not_wedge_half_open`, and for a dropped probe
//!   `contracts::laws::every_poll::a_call_dropped_at_any_poll_leaves_nothing`.
//! - A straggler settles a later phase: `state/tests/circuit/late.rs`,
//!   `a_probe_of_one_half_open_period_does_not_settle_the_next`.
//! - More probes pass than are permitted: `state/tests/circuit/late.rs`,
//!   `a_late_call_that_was_cut_or_abandoned_frees_nothing`.
//! - A service readied while open waits though it was closed by hand:
//!   `circuit_breaker::readiness::a_service_readied_while_open_calls_once_closed`.
//! - A circuit that was forced open heals itself:
//!   `circuit_breaker::by_hand::neither_time_nor_results_undo_what_was_set_by_hand`.
//! - A valid setting panics: `contracts::config::no_builder_panics`, and the tests of legal settings beside it.
//! - A clone is called that was never polled ready: `contracts::laws::readiness::only_an_instance_that_was_polled_ready_is_called`.
//! - All calls draw the same jitter: `contracts::determinism::calls_of_one_layer_draw_each_their_own_delay`.
//! - Delays overflow: `state/tests/backoff/steps.rs`, `no_step_overflows_under_the_greatest_cap`.
//! - A retry sleeps before it withdraws from the budget: `retry::budget::a_token_is_withdrawn_before_the_wait`.
//! - An idle clone that was merely polled ready holds a place: `contracts::laws::readiness::readiness_alone_takes_nothing`.
//! - Waiters spin: `bulkhead::waiting::a_waiter_sleeps_until_it_has_a_place_or_its_wait_is_over`.
//! - A full bulkhead is reported as a timeout: `bulkhead::wait_limits::a_wait_ends_with_the_nearest_limit_as_a_rejection`.
//! - `source()` is cut off: `contracts::errors::an_error_of_the_service_is_boxed_once_with_its_sources`.
//! - A gauge never returns to zero: `contracts::laws::every_poll::a_call_dropped_at_any_poll_leaves_nothing`, and
//!   `bulkhead::places::every_end_of_a_call_frees_its_place`.
//! - Listeners are called under a lock: `mistakes::listeners::a_listener_may_use_the_circuit_that_it_hears_of`.
//! - A delay of zero costs a millisecond: `contracts::laws::time::a_retry_without_delay_needs_no_timer`.
//! - State is made in `layer()` and so does nothing behind axum: `tests/http/axum`, `route_services_share_the_circuit_of_their_layer`.

mod listeners;
