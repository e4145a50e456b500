//! What each type is that can be named.

use std::fmt::Debug;
use std::future::Ready;
use std::marker::PhantomData;
use std::time::Duration;

use palisade::bulkhead::{
    Adapted, AdaptiveBuilder, AdaptiveGuard, AdaptiveLayer, AdaptiveQueueBuilder, AdaptiveQueueLayer, AdaptiveTurn,
    Places, Queue, QueueingBulkhead, Turn,
};
use palisade::circuit_breaker::{Circuit, Readiness, ReadinessLayer};
use palisade::criticality::{self, By};
use palisade::degradation::Switch;
use palisade::event::{Event, Kind, ReplicaEvent, Source, Subscription};
use palisade::health::{Changes, CheckKind, CheckSnapshot, Degraded, NodeSnapshot, Signal};
use palisade::keyed::PerKeyWaiting;
use palisade::measure::{
    Bucket, Durations, Ended, Exemplar, MeasureSettings, Meter, NoTrace, SpanGuard, SpanLayer, SpanSettings, Spans,
    Trace,
};
use palisade::objective::{AlertSnapshot, BurnWindow, Indicator, Severity};
use palisade::rate_limit::{self, MaxWait, One, Pacing, Quota};
use palisade::registry::{Histogram, Instance, Listing, Metric, MetricKind, Reading, Sample};
use palisade::throttle::Throttling;
use palisade::{
    Adaptive, Backoff, Budget, BudgetBuilder, BudgetGate, Bulkhead, BulkheadBuilder, BulkheadGuard, BulkheadHandle,
    BulkheadLayer, CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle,
    CircuitSnapshot, Coalesce, CoalesceBuilder, CoalesceHandle, CoalesceLayer, ConfigError, Counts, Criticalities,
    Criticality, CriticalityLayer, CriticalityScope, DeadLetter, DeadLetterId, DeadLetterLayer, DeadLettered,
    DeadLetters, DeadLettersBuilder, Deadline, DeadlineScope, DefaultClassifier, Degradation, DegradationBuilder,
    DegradationSnapshot, Elapsed, Error, Fallback, FallbackError, FallbackHandle, FallbackLayer, Feature, FeatureLayer,
    Health, HealthBuilder, HealthCheck, HealthCheckBuilder, Heartbeats, HeartbeatsBuilder, Hedge, HedgeBuilder,
    HedgeHandle, HedgeLayer, IndicatorSnapshot, Jitter, Measure, MeasureBuilder, MeasureGuard, MeasureHandle,
    MeasureLayer, Mode, Name, Objective, ObjectiveBuilder, Outcome, PacingLayer, PerKeyHandle, Phase, Policy,
    QueueBuilder, QueueLayer, Rate, RateLimit, RateLimitBuilder, RateLimitGuard, RateLimitHandle, RateLimitLayer,
    RateLimitSnapshot, Registry, Rejection, RejectionReason, Replica, ReplicaGuard, ReplicaSnapshot, ReplicaUsed,
    Replicas, ReplicasBuilder, ReplicasHandle, ReplicasSnapshot, Retry, RetryBuilder, RetryLayer, Round, Saga,
    SagaBuilder, SagaError, SagaHandle, SagaState, SagaStatus, SignalSnapshot, Throttle, ThrottleBuilder,
    ThrottleGuard, ThrottleHandle, ThrottleLayer, ThrottleSnapshot, Timeout, TimeoutLayer, Verdict, call, coalesce,
    dead_letter, fallback, hedge, replicas, retry, saga, standard, timeout,
};
use tower::layer::util::Identity;

use super::Echo;

macro_rules! every_type_is {
    ($claim:ident: [$($bound:tt)+] $($type:ty),+ $(,)?) => {
        #[test]
        fn $claim() {
            fn check<T: $($bound)+>() {}
            $(check::<$type>();)+
        }
    };
}

pub(super) use every_type_is;

type Value = fallback::Value<u32>;
type Standard = standard::Client<call::Plain, Identity, retry::Rules>;
type Handles = standard::Handles<
    FallbackHandle,
    RateLimitHandle,
    Option<Budget>,
    HedgeHandle,
    CircuitHandle,
    ThrottleHandle,
    BulkheadHandle,
>;
type Key = fn(&u32) -> u32;
type Letters = fn(DeadLetter<u32>);
type Ranked = By<fn(&u32) -> Criticality>;
type PerTenant = retry::BudgetPerKey<u32, fn(&u32) -> u32>;

every_type_is! {
    every_public_type_may_be_shared_and_kept_and_shown: [Send + Sync + 'static + Debug]
    Backoff, Jitter, Name, Deadline, ConfigError, Error, Elapsed, Rejection, RejectionReason, Outcome, Phase, Counts,
    DefaultClassifier, call::Plain, CircuitBreakerBuilder, CircuitGuard, CircuitHandle, CircuitSnapshot, RetryBuilder,
    Budget, BudgetBuilder, retry::Rules, retry::CloneRequest, retry::SharedBudget, PerTenant, retry::Always,
    HedgeBuilder, HedgeHandle, hedge::Rules, hedge::Always, call::LazyLayer, BulkheadBuilder,
    timeout::ByRequest<fn(&u32) -> Duration>, BulkheadHandle, BulkheadGuard, Queue, QueueBuilder, FallbackError,
    FallbackHandle, fallback::Degraded, fallback::ByOutcome, Value, fallback::Or<Value, Value>, fallback::Function<fn()>,
    fallback::FunctionOf<fn(), fn()>, fallback::FutureOf<fn(), fn()>, fallback::ServiceStep<Echo>,
    DeadlineScope<Ready<()>>, Event<'static>, ReplicaEvent<'static>, Kind, Source<'static>, Subscription, call::AtOnce, call::InTurn, call::Hold,
    call::Watch<'static, CircuitGuard>, call::Key, Places, Turn, Circuit, PerKeyHandle<u32, BulkheadHandle>,
    PerKeyWaiting<Turn>, timeout::Countdown, timeout::Pause, Readiness<Echo>, ReadinessLayer, Criticality,
    CriticalityScope<Ready<()>>, Ranked, CriticalityLayer<Ranked>, criticality::ResponseFuture<Ready<()>, Ranked>, Rate,
    RateLimitSnapshot, RateLimitGuard, Quota<One, MaxWait>, RateLimitBuilder<call::Plain, fn(&u32) -> u32, MaxWait>,
    ThrottleBuilder, ThrottleGuard, ThrottleHandle, ThrottleSnapshot, Throttling, PerKeyHandle<u32, ThrottleHandle>,
    rate_limit::Turn, PerKeyHandle<u32, RateLimitHandle>, Adaptive, AdaptiveBuilder, AdaptiveGuard,
    AdaptiveQueueBuilder, AdaptiveTurn, Adapted<Places>, Adapted<Queue>, Round, MeasureBuilder, MeasureGuard,
    MeasureHandle, MeasureSettings, Meter, NoTrace, Ended, Durations, Bucket, Exemplar,
    MeasureGuard<Trace>, SpanGuard, SpanLayer, SpanSettings, Spans,
    Health, HealthBuilder, HealthCheck, HealthCheckBuilder<Signal<fn() -> f64>>, Signal<fn() -> f64>, Verdict, Degraded,
    Changes, CheckKind, CheckSnapshot, Heartbeats, HeartbeatsBuilder, NodeSnapshot,
    Degradation, DegradationSnapshot, SignalSnapshot, Mode, DegradationBuilder, Switch,
    Objective, ObjectiveBuilder, IndicatorSnapshot, AlertSnapshot, BudgetGate, Indicator, BurnWindow, Severity,
    Replicas<Echo>, ReplicasBuilder<Echo>, Replica<Echo>, ReplicasHandle, ReplicasSnapshot, ReplicaSnapshot, ReplicaUsed, ReplicaGuard,
    Policy, replicas::Phase, replicas::Passing, replicas::ByKey<fn(&u32) -> u32>, replicas::Unkeyed,
    CoalesceLayer<Echo, u32, Key>, Coalesce<Echo, u32, Key>, CoalesceBuilder<Echo, u32, Key>, CoalesceHandle,
    coalesce::Cloned, coalesce::Panicked, coalesce::ResponseFuture<Echo, u32, Key, coalesce::Cloned>,
    Saga<u32>, SagaBuilder<u32>, SagaHandle, SagaError, SagaState, SagaStatus, saga::Parallel<u32>, saga::Resumed, saga::StepKey,
    DeadLettered<Echo, Letters>, DeadLetterLayer<Letters>, DeadLetters<u32>, DeadLettersBuilder<u32>, DeadLetter<u32>, DeadLetterId,
    dead_letter::Reason, dead_letter::Lost, dead_letter::LetterLost, dead_letter::WhenFull, dead_letter::Channel<u32>, dead_letter::OpenError,
    dead_letter::ListedLetter<u32>, dead_letter::Replay<u32, Echo>, dead_letter::ReplayError, dead_letter::Accepting<fn()>,
    dead_letter::DeadLetterScope<Ready<()>>,
    Registry, Instance, Listing, Metric, MetricKind, Sample, Reading, Histogram,
    Standard, Handles, standard::Description, standard::Described, standard::Place, standard::Setting, standard::Value,
}

every_type_is! {
    every_service_and_layer_has_a_short_name_and_may_be_cloned: [Clone]
    CircuitBreaker<Echo>, CircuitBreakerLayer, Retry<Echo>, RetryLayer, Hedge<Echo>, HedgeLayer, Timeout<Echo>, TimeoutLayer, Bulkhead<Echo>,
    Timeout<call::Lazy<Echo>>, BulkheadLayer, QueueingBulkhead<Echo>, QueueLayer, RateLimit<Echo>, RateLimitLayer,
    Pacing<Echo>, PacingLayer, Throttle<Echo>, ThrottleLayer, AdaptiveLayer, AdaptiveQueueLayer,
    Coalesce<Echo, u32, Key>, CoalesceLayer<Echo, u32, Key>, Fallback<Echo, Value>, FallbackLayer<Value>, Retry<Echo, retry::Rules, PerTenant>,
    DeadLettered<Echo, Letters>, DeadLetterLayer<Letters>, Feature<Echo>, FeatureLayer,
    Criticalities<Echo, Ranked>, CriticalityLayer<Ranked>, RetryLayer<retry::Rules, PerTenant>,
    Readiness<CircuitBreaker<Echo>>, ReadinessLayer, Standard, Measure<Echo>, MeasureLayer, Replicas<Echo>,
}

every_type_is! {
    every_builder_and_handle_may_be_cloned: [Clone]
    HedgeBuilder, HedgeHandle, FallbackHandle, CircuitBreakerBuilder, CircuitHandle, RetryBuilder, RetryBuilder<retry::Rules, PerTenant>, Budget, BudgetBuilder,
    BulkheadBuilder, BulkheadHandle, RateLimitBuilder, RateLimitHandle, ThrottleBuilder, ThrottleHandle, Handles, Adaptive, AdaptiveBuilder,
    AdaptiveQueueBuilder, MeasureBuilder, MeasureHandle, Durations, Registry, Health, HealthBuilder, HealthCheck, HealthCheckBuilder<fn()>, Changes,
    Heartbeats, HeartbeatsBuilder, Degradation, DegradationSnapshot, Objective, ObjectiveBuilder, BudgetGate, Replica<Echo>, ReplicasHandle, ReplicasSnapshot,
    Saga<u32>, SagaHandle, SagaStatus, saga::StepKey,
    DeadLetters<u32>, DeadLettersBuilder<u32>, dead_letter::Channel<u32>, dead_letter::Replay<u32, Echo>,
}

every_type_is! {
    values_are_copied: [Copy]
    DeadLetterId, dead_letter::WhenFull, Name, Rejection, RejectionReason, Elapsed, Outcome, Phase, Counts, Criticality, Deadline, Backoff, CircuitSnapshot,
    Rate, RateLimitSnapshot, ThrottleSnapshot, SignalSnapshot, Round, Ended, Bucket, Exemplar, CheckKind, Policy, IndicatorSnapshot, AlertSnapshot, Indicator, BurnWindow, Severity, replicas::Phase, replicas::Passing,
    SagaState, saga::Resumed, fallback::Degraded,
}

#[cfg(feature = "chaos")]
mod of_chaos {
    use palisade::chaos::experiment::ProcessFault;
    use palisade::chaos::{
        Delay, Experiment, FailingStore, Fault, FaultRate, Hung, Measurement, Operation, Outcome, Report, Spoil,
    };
    use palisade::{Chaos, ChaosBuilder, ChaosHandle, ChaosLayer, ChaosSnapshot, MemoryStore};

    use super::*;

    every_type_is! {
        every_type_of_chaos_may_be_shared_and_kept_and_shown: [Send + Sync + 'static + Debug]
        Chaos<Echo, u32, u32>, ChaosLayer<u32, u32>, ChaosBuilder<u32, u32>, ChaosHandle, ChaosSnapshot, Fault<u32, u32>,
        FaultRate, Delay, Hung, Spoil, Experiment, Report, Outcome, Measurement, ProcessFault, Operation,
        FailingStore<MemoryStore>,
    }

    every_type_is! {
        chaos_its_layer_and_handle_may_be_cloned: [Clone]
        Chaos<Echo, u32, u32>, ChaosLayer<u32, u32>, ChaosHandle, Delay, Report,
    }

    every_type_is! {
        values_of_chaos_are_copied: [Copy]
        ChaosSnapshot, FaultRate, Hung, Operation,
    }
}

#[cfg(feature = "moka")]
mod of_the_cache {
    use palisade::cache::{ByKey, Fetch, InBackground, InCall, Landed, ResponseFuture};
    use palisade::{Cache, CacheBuilder, CacheHandle, CacheLayer, CacheSnapshot};

    use super::*;

    type Kept = ByKey<Key, u32>;
    type Call = Fetch<Echo, u32, Kept>;

    every_type_is! {
        every_type_of_the_cache_may_be_shared_and_kept_and_shown: [Send + Sync + 'static + Debug]
        Cache<Echo, Kept, Call>, CacheLayer<Kept, Call, InBackground>, CacheBuilder<Kept>, CacheHandle<u32>,
        CacheSnapshot, Kept, Call, Landed<u32, u32>, ResponseFuture<Echo, u32, Kept>, fallback::NothingKept,
        fallback::Cached<CacheLayer<Kept, Call>>, InCall,
    }

    every_type_is! {
        the_cache_its_layer_builder_and_handle_may_be_cloned: [Clone]
        Cache<Echo, Kept, Call>, CacheLayer<Kept, Call>, CacheBuilder<Kept>, CacheHandle<u32>, CacheSnapshot,
    }
}

#[test]
fn the_futures_have_names() {
    fn check<T>(_: PhantomData<T>) {}
    check(PhantomData::<call::ResponseFuture<Ready<()>, CircuitGuard, call::Plain>>);
    check(PhantomData::<retry::ResponseFuture<Echo, u32, DefaultClassifier, retry::AsIs, retry::Always>>);
    check(PhantomData::<replicas::ResponseFuture<Echo, u32, call::Plain, retry::AsIs>>);
    check(PhantomData::<timeout::ResponseFuture<Ready<()>>>);
    check(PhantomData::<criticality::ResponseFuture<Ready<()>, Ranked>>);
    check(PhantomData::<call::Oneshot<Echo, u32>>);
    check(PhantomData::<call::WaitingFuture<Echo, u32, Queue, call::Plain>>);
    check(PhantomData::<fallback::ResponseFuture<Ready<()>, u32, u32, Value, fallback::ByOutcome>>);
}
