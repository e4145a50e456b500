//! The one table of metrics: what each is called, and the words of tallies and the gauges that it shows.
//! `table.rs` says what is made of it.

use super::cells::{
    At, Cells, NO_ROOM, classes, gauges, of_all_classes, of_all_reasons, one, reasons, times, transitions, words_of,
};
use super::of_objectives::{OF_PERIOD, asked, bad, burns, firing, of_indicators};
use super::reading::Reading;
use super::row::{ANSWERS, Row};
use super::sample::{MetricKind, Sample, samples};
use super::sums::Sums;
use super::table::table;
use crate::error::By;
use crate::source::Kind;
use crate::state::attempts::{self, Stop};
use crate::state::bucket;
use crate::state::cache::counted::{Answered, EVICTED, Refreshed};
use crate::state::chaos::counted::{FaultKind, Found, Halted, SPARED};
use crate::state::circuit::Phase;
use crate::state::circuit::counted::Ended;
use crate::state::criticality::Criticality;
use crate::state::degradation::{PANICS, Why};
use crate::state::flights::Passage;
use crate::state::hedge::counted::{self as hedge, Withheld};
use crate::state::letters::counted::{ACCEPTED, Loss, Parked, Replayed, STORED};
use crate::state::objective::Call;
use crate::state::permits::counted::Change;
use crate::state::phi;
use crate::state::rehearsals::Rehearsed;
use crate::state::replicas::{MemberView, PassedOver, Reason, Takeover};
use crate::state::saga::{End, SagaState, counted};
use crate::state::throttle::counted as throttled;
use crate::state::verdict::{DRAINS, Level};

table! {
    circuit_phase: CircuitBreaker Gauge[phase] gauges(Phase::ALL.map(Phase::as_str)),
        "How many circuits are in the phase.";
    circuit_calls_total: CircuitBreaker Counter[outcome] words_of(Ended::ALL.map(Ended::as_str), Ended::Success.word()),
        "Calls that circuits let through, by how they ended.";
    circuit_rejected_total: CircuitBreaker Counter[reason] reasons(Kind::CircuitBreaker),
        "Calls that circuits rejected.";
    circuit_transitions_total: CircuitBreaker Counter[from, to, reason] transitions(),
        "Changes of phase. Those from and to metrics_only would have opened the circuit.";
    circuit_failure_ratio: CircuitBreaker Gauge[] one(At::Share("failures", "unthrottled")),
        "The share of failures in the windows that hold min_calls; absent where none does.";
    circuit_slow_ratio: CircuitBreaker Gauge[] one(At::Share("slow", "calls")),
        "The share of slow calls in the windows that hold min_calls; absent where none does.";
    retry_calls_total: Retry Counter[result] words_of(attempts::Ended::ALL.map(attempts::Ended::as_str), 0),
        "Calls, by how they ended and whether they were retried.";
    retry_attempts_total: Retry Counter[] one(At::Words { first: 0, step: 1, count: attempts::RETRIES + 1 }),
        "Attempts that were sent; the first of each call is counted with its end.";
    retry_stopped_total: Retry Counter[reason] words_of(Stop::TOLD.map(Stop::as_str), attempts::FIRST_STOP),
        "Calls that failed and were not retried, or no more.";
    retry_budget_tokens: Retry Gauge[] one(At::Known("tokens")),
        "Whole tokens in the budgets; absent where retries have none.";
    hedge_calls_total: Hedge Counter[result] words_of(hedge::Ended::ALL.map(hedge::Ended::as_str), 0),
        "Calls, by how they ended: the first attempt gave the result, or a hedge did.";
    hedge_started_total: Hedge Counter[] one(At::Word(hedge::STARTED)),
        "Hedges that were sent: attempts beside the first of their calls.";
    hedge_withheld_total: Hedge Counter[reason] words_of(Withheld::ALL.map(Withheld::as_str), Withheld::NoCopy.word()),
        "Hedges that were due and did not start.";
    hedge_budget_tokens: Hedge Gauge[] one(At::Known("tokens")),
        "Whole tokens in the budgets.";
    timeout_expired_total: Timeout Counter[by] words_of(By::ENDS.map(By::as_str), 0),
        "Calls that were ended: at a limit, at a limit on the pauses of a response, or at a deadline of the caller.";
    bulkhead_in_flight: Bulkhead Gauge[] one(At::Gauge("in_flight")),
        "Calls that hold a place.";
    bulkhead_limit: Bulkhead Gauge[] one(At::Gauge("limit")),
        "The most calls that may hold a place.";
    bulkhead_queued: Bulkhead Gauge[] one(At::Gauge("queued")),
        "Calls that wait for a place.";
    bulkhead_limit_changes_total: Bulkhead Counter[reason] words_of(Change::ALL.map(Change::as_str), Change::ByHand.word()),
        "How often the most calls that may hold a place were changed.";
    bulkhead_rejected_total: Bulkhead Counter[reason] of_all_classes(),
        "Calls that bulkheads rejected.";
    bulkhead_shed_total: Bulkhead Counter[criticality] of_all_reasons(),
        "Calls that bulkheads rejected, by how much they matter.";
    rate_limit_admitted_total: RateLimit Counter[] one(At::Word(bucket::ADMITTED)),
        "Calls that rate limits let pass, at once or in turn.";
    rate_limit_rejected_total: RateLimit Counter[reason] reasons(Kind::RateLimit),
        "Calls that rate limits rejected.";
    rate_limit_shut_total: RateLimit Counter[] one(At::Word(bucket::SHUT)),
        "How often rate limits were shut for a while, by the service or by hand.";
    rate_limit_tokens: RateLimit Gauge[] one(At::Gauge("tokens")),
        "Whole calls that may pass at once.";
    rate_limit_waiting: RateLimit Gauge[] one(At::Gauge("waiting")),
        "Calls that wait for their turn.";
    throttle_calls_total: Throttle Counter[outcome] words_of(throttled::Ended::ALL.map(throttled::Ended::as_str), Criticality::COUNT),
        "Calls that throttles let pass, by how they ended.";
    throttle_rejected_total: Throttle Counter[criticality] classes(),
        "Calls that throttles rejected, by how much they matter.";
    throttle_accepted_ratio: Throttle Gauge[] one(At::Share("accepts", "requests")),
        "The share of the calls in the windows that the service took; absent where there are none.";
    degradation_mode: Degradation Gauge[] one(At::Gauge("mode")),
        "The number of the mode in force: 0 is normal, and 1 the mildest. Of several of a name the worst.";
    degradation_changes_total: Degradation Counter[reason] words_of(Why::WORDS, 0),
        "How often another mode came into force, by a signal or by hand.";
    degradation_signal_panics_total: Degradation Counter[] one(At::Word(PANICS)),
        "How often a signal panicked, and counted as 0.";
    feature_off: Feature Gauge[] one(At::Gauge("off")),
        "How many layers reject calls because the feature is off.";
    feature_rejected_total: Feature Counter[reason] reasons(Kind::Feature),
        "Calls of features that were off.";
    fallback_answers_total: Fallback Counter[step] words_of(ANSWERS, 1),
        "Answers of fallbacks, by their step; 4 is the fourth or a later one.";
    fallback_failed_total: Fallback Counter[] one(At::Word(0)),
        "Calls whose fallbacks failed, too.";
    fallback_rehearsed_total: Fallback Counter[result] words_of(Rehearsed::ALL.map(Rehearsed::as_str), Rehearsed::Answered.word()),
        "Rehearsals of fallbacks beside calls, by how they ended: no step answered in those that failed, and the call ended first in those unfinished.";
    fallback_always: Fallback Gauge[] one(At::Gauge("always")),
        "How many fallbacks were switched to answer every call.";
    cache_calls_total: Cache Counter[result] words_of(Answered::ALL.map(Answered::as_str), Answered::Hit.word()),
        "Calls of caches, by how they were answered.";
    cache_refreshes_total: Cache Counter[result] words_of(Refreshed::ALL.map(Refreshed::as_str), Refreshed::Renewed.word()),
        "Refreshes in the background, by what came of them.";
    cache_evicted_total: Cache Counter[] one(At::Word(EVICTED)),
        "Responses that had to make room, or found none.";
    cache_entries: Cache Gauge[] one(At::Gauge("entries")),
        "Responses that caches keep.";
    cache_weight: Cache Gauge[] one(At::Gauge("weight")),
        "How much of their capacity these take.";
    cache_refreshing: Cache Gauge[] one(At::Gauge("refreshing")),
        "Refreshes in the background that run now.";
    call_duration_seconds: Measure Histogram[outcome] times(),
        "How long the calls took that a measure saw, by how they ended.";
    calls_in_flight: Measure Gauge[] one(At::Gauge("in_flight")),
        "Calls that a measure saw begin and not yet end.";
    saturation: Bulkhead | RateLimit Gauge[kind] one(At::Share("used", "room")),
        "The share of what lets calls pass that is taken, from 0 to 1: of places, or of a burst; absent where there is none.";
    criticality_calls_total: Criticality Counter[criticality] classes(),
        "Calls, by how much they matter.";
    replica_members: Replicas Gauge[state] gauges(MemberView::STATES),
        "Replicas, by how they are.";
    replica_in_flight: Replicas Gauge[] one(At::Gauge("in_flight")),
        "Calls that replicas have.";
    replica_panic: Replicas Gauge[] one(At::Gauge("panic")),
        "How many services ignore the health of their replicas, because too few are healthy.";
    replica_missing: Replicas Gauge[] one(At::Gauge("missing")),
        "Healthy replicas that are missing to those that are needed, with the spares.";
    replica_ejections_total: Replicas Counter[reason] words_of(Reason::ALL.map(Reason::as_str), Reason::Consecutive.word()),
        "How often replicas were ejected.";
    replica_failovers_total: Replicas Counter[reason] words_of(Takeover::ALL.map(Takeover::as_str), Takeover::Unhealthy.word()),
        "How often another replica took over.";
    replica_passed_over_total: Replicas Counter[reason] words_of(PassedOver::ALL.map(PassedOver::as_str), PassedOver::Rejected.word()),
        "How often a call went on from a replica to which nothing was sent.";
    replica_rejected_total: Replicas Counter[reason] reasons(Kind::Replicas),
        "Calls that no replica took.";
    coalesce_calls_total: Coalesce Counter[result] words_of(Passage::ALL.map(Passage::as_str), Passage::Began.word()),
        "Calls that began one that others may share, joined one, or were alone. One whose response could not be shared counts twice.";
    coalesce_rejected_total: Coalesce Counter[reason] reasons(Kind::Coalesce),
        "Calls that were rejected because as many wait for the same call as may.";
    coalesce_flights: Coalesce Gauge[] one(At::Gauge("flights")),
        "Calls that callers share, or may share.";
    coalesce_waiting: Coalesce Gauge[] one(At::Gauge("waiting")),
        "Callers that wait for a call that another one began.";
    dead_letter_stored_total: DeadLetter Counter[] one(At::Word(STORED)),
        "Letters that were stored, of calls that failed.";
    dead_letter_accepted_total: DeadLetter Counter[] one(At::Word(ACCEPTED)),
        "Calls that were answered because their letters were stored.";
    dead_letter_lost_total: DeadLetter Counter[reason] words_of(Loss::ALL.map(Loss::as_str), Loss::NoCopy.word()),
        "Letters that were lost.";
    dead_letter_replayed_total: DeadLetter Counter[result] words_of(Replayed::ALL.map(Replayed::as_str), Replayed::Succeeded.word()),
        "Replays of letters, by how they ended.";
    dead_letter_parked_total: DeadLetter Counter[reason] words_of(Parked::ALL.map(Parked::as_str), Parked::Failed.word()),
        "Letters that were parked.";
    dead_letter_waiting: DeadLetter Gauge[] one(At::Gauge("waiting")),
        "Letters in queues that are to be replayed.";
    dead_letter_parked: DeadLetter Gauge[] one(At::Gauge("parked")),
        "Letters in queues that are parked.";
    dead_letter_bytes: DeadLetter Gauge[] one(At::Gauge("bytes")),
        "The size of the letters in queues.";
    chaos_on: Chaos Gauge[] one(At::Gauge("on")),
        "How many layers of faults are on.";
    chaos_faults_total: Chaos Counter[fault] words_of(FaultKind::ALL.map(FaultKind::as_str), FaultKind::Fail.word()),
        "Faults that calls met; a call may meet several.";
    chaos_spared_total: Chaos Counter[] one(At::Word(SPARED)),
        "Calls that were to meet a fault and were spared, because as many are faulted as may be.";
    chaos_halted_total: Chaos Counter[reason] words_of(Halted::ALL.map(Halted::as_str), Halted::ByHand.word()),
        "How often faults have stopped.";
    experiment_runs_total: Experiment Counter[outcome] words_of(Found::ALL.map(Found::as_str), Found::Held.word()),
        "Runs of experiments, by what came of their hypotheses.";
    per_key_keys: PerKey Gauge[] one(At::Gauge("keys")),
        "Keys that layers per key keep.";
    per_key_no_room_total: PerKey Counter[outcome] words_of(NO_ROOM, 0),
        "Calls for whose key there was no room.";
    health_ready: Health Gauge[] one(At::Gauge("ready")),
        "How many services are ready.";
    health_draining: Health Gauge[] one(At::Gauge("draining")),
        "How many services drain.";
    health_drains_total: Health Counter[] one(At::Word(DRAINS)),
        "How often services began to drain.";
    health_checks: HealthCheck Gauge[verdict] gauges(Level::ALL.map(Level::as_str)),
        "How many checks have the verdict.";
    health_changes_total: HealthCheck Counter[verdict] words_of(Level::ALL.map(Level::as_str), Level::Healthy.change_word()),
        "Changes of verdicts, by the verdict after.";
    health_results_total: HealthCheck Counter[result] words_of(Level::ALL.map(Level::as_str), Level::Healthy.result_word()),
        "Checks that were run, by their results.";
    health_nodes: Heartbeats Gauge[] one(At::Gauge("nodes")),
        "Nodes that beat, and are not forgotten.";
    health_suspected_nodes: Heartbeats Gauge[] one(At::Gauge("suspected")),
        "Nodes that are suspected.";
    health_suspicions_total: Heartbeats Counter[] one(At::Word(phi::SUSPICIONS)),
        "Suspicions that were told.";
    objective_target: Objective Gauge[indicator] of_indicators(|names| (names.target, names.count)),
        "The share of calls that shall be good: the mean, where objectives differ.";
    objective_period_seconds: Objective Gauge[] one(At::Share(OF_PERIOD.0, OF_PERIOD.1)),
        "The length of the period: the mean, where objectives differ.";
    objective_asked_total: Objective Counter[indicator] asked(),
        "Calls that objectives ask: all of them for availability, and the successful ones for latency.";
    objective_bad_total: Objective Counter[indicator] bad(),
        "Calls that were asked and are bad: they failed, or they took too long.";
    objective_degraded_total: Objective Counter[] one(At::Word(Call::DEGRADED)),
        "Calls that a fallback answered.";
    objective_budget_used_ratio: Objective Gauge[indicator] of_indicators(|names| names.budget),
        "How much is used of what may be bad in the period, 1 being all of it; absent where no calls were asked.";
    objective_burn_rate: Objective Gauge[indicator, window] burns(),
        "How fast calls of the last time use up the budget: at 1, it lasts the period; absent where no calls were asked.";
    objective_alerts_firing: Objective Gauge[indicator, severity] firing(),
        "How many alerts fire.";
    saga_open: Saga Gauge[state] gauges(SagaState::ALL.map(SagaState::as_str)),
        "Sagas that have not ended, by how they stand.";
    saga_begun_total: Saga Counter[] one(At::Word(counted::BEGUN)),
        "Sagas that were begun.";
    saga_ended_total: Saga Counter[result] words_of(End::ALL.map(End::as_str), End::Done.word()),
        "Sagas that have ended, or got stuck, by their results. One that was stuck and goes on counts again at its end.";
    saga_resumed_total: Saga Counter[] one(At::Word(counted::RESUMED)),
        "How often somebody went on with a saga that nobody ran, or that was stuck.";
    saga_failed_steps_total: Saga Counter[] one(At::Word(counted::FAILED_STEPS)),
        "How often a step failed.";
    saga_failed_compensations_total: Saga Counter[] one(At::Word(counted::FAILED_COMPENSATIONS)),
        "How often a compensation failed.";
}
