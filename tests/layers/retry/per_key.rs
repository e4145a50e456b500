//! A budget for each key. How long a key with tokens missing is kept is decided in `src/state`, and claimed there.

use super::*;

/// How many keys there is room for.
const ROOM: u32 = 1000;
const IDLE: Duration = Duration::from_secs(300);

type Key = fn(&u32) -> u32;
type PerKey<R = Rules> = RetryLayer<R, BudgetPerKey<u32, Key>>;

/// A retry at once, at most one for each call; the request is the key.
fn once(budget: &Budget) -> PerKey {
    hasty().max_attempts(2).budget_per_key(Clone::clone as Key, budget.clone()).build().unwrap()
}

/// How many attempts a call with this key makes that fails.
fn attempts<L>(layer: &L, key: u32) -> usize
where
    L: Layer<Prompt<u32>, Service: Service<u32, Response = u32, Error = Error>>,
{
    let service = down();
    let calls = service.calls();
    layer.layer(service).oneshot(key).now_or_never().expect("it does not wait").unwrap_err();
    calls.count()
}

/// Sends a call of each key that is answered.
fn answer(layer: &PerKey, keys: impl IntoIterator<Item = u32>) {
    let service = layer.layer(up());
    for key in keys {
        assert_eq!(service.clone().oneshot(key).now_or_never().expect("it does not wait").unwrap(), key);
    }
}

/// Whether a call with a key that is new spends a budget of its own, and not the one that was given.
fn has_room(layer: &PerKey, key: u32) -> bool {
    let shared = || layer.budget().unwrap().available();
    let before = shared();
    assert_eq!(attempts(layer, key), 2);
    shared() == before
}

#[test]
fn a_dead_tenant_spends_no_retry_of_another() {
    const DEAD: u32 = 1;
    const FLAKY: u32 = 2;
    // Each first attempt of the flaky tenant fails.
    let first = Arc::new(AtomicUsize::new(0));
    let service = strict(move |tenant| {
        let is_up = tenant == FLAKY && first.fetch_add(1, Ordering::SeqCst) % 2 == 1;
        ready(if is_up { Ok(tenant) } else { Err(Down(tenant)) })
    });
    let budget = Budget::builder().ratio(0.2).per_second(0.0).build().unwrap();
    let layer = hasty().budget_per_key(Clone::clone as Key, budget).build().unwrap();
    let call = |tenant| layer.layer(service.clone()).oneshot(tenant).now_or_never().expect("it does not wait").is_ok();
    let (mut dead, mut flaky) = (0, 0);
    for _ in 0..120 {
        dead += (0..10).filter(|_| call(DEAD)).count();
        flaky += usize::from(call(FLAKY));
    }
    assert_eq!((dead, flaky), (0, 120));
}

#[test]
fn services_and_clones_of_a_layer_share_the_budget_of_a_key() {
    let layer = once(&fixed_budget(3));
    let service = down();
    let calls = service.calls();
    let service = layer.clone().layer(service);
    for clone in [service.clone(), service] {
        clone.oneshot(1).now_or_never().unwrap().unwrap_err();
    }
    assert_eq!(calls.count(), 4);
    assert_eq!([1, 1, 2].map(|key| attempts(&layer, key)), [2, 1, 2]);
    assert_eq!(layer.budget().unwrap().available(), 3, "the budget that was given is the model");
}

#[test]
fn what_clones_of_a_builder_build_shares_the_budgets() {
    let builder = hasty().max_attempts(2).budget_per_key(Clone::clone as Key, fixed_budget(1));
    let layers = [builder.clone(), builder].map(|builder| builder.build().unwrap());
    assert_eq!(layers.each_ref().map(|layer| attempts(layer, 1)), [2, 1]);
}

#[test]
fn a_call_deposits_with_its_own_key() {
    let layer = once(&Budget::builder().capacity(1).ratio(0.5).per_second(0.0).build().unwrap());
    assert_eq!([1, 2].map(|key| attempts(&layer, key)), [2, 2]);
    answer(&layer, [1]);
    assert_eq!([1, 2].map(|key| attempts(&layer, key)), [2, 1]);
}

#[test]
fn the_key_is_taken_once_a_call() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let by = move |key: &u32| {
        counted.fetch_add(1, Ordering::SeqCst);
        *key
    };
    let layer = hasty().budget_per_key(by, fixed_budget(9)).build().unwrap();
    assert_eq!((attempts(&layer, 1), taken.load(Ordering::SeqCst)), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_retry_gives_its_token_back_to_its_key() {
    let budget = fixed_budget(1);
    let layer = patient(SECOND).budget_per_key(Clone::clone as Key, budget.clone()).build().unwrap();
    let waiting = begin(&mut layer.layer(down()), 1);
    assert_eq!(attempts(&layer, 1), 1, "the token is withdrawn");
    drop(waiting);
    let _again = begin(&mut layer.layer(down()), 1);
    assert_eq!(budget.available(), 1, "none comes from the budget that was given");
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_spends_the_budget_that_was_given() {
    let budget = fixed_budget(2);
    let layer = once(&budget);
    answer(&layer, 0..ROOM);
    assert_eq!([ROOM, ROOM + 1, ROOM + 2].map(|key| attempts(&layer, key)), [2, 2, 1]);
    assert_eq!((attempts(&layer, ROOM - 1), budget.available()), (2, 0), "a known key has its own");
}

#[tokio::test(start_paused = true)]
async fn an_idle_key_with_a_full_budget_makes_room() {
    let layer = once(&fixed_budget(9));
    answer(&layer, 0..ROOM);
    advance(just_before(IDLE)).await;
    answer(&layer, 1..ROOM);
    assert!(!has_room(&layer, ROOM), "too soon");
    advance(NANO).await;
    assert!(has_room(&layer, ROOM));
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_called_keeps_no_idle_key() {
    let layer = once(&fixed_budget(9));
    answer(&layer, 0..ROOM);
    advance(IDLE).await;
    assert!((ROOM..2 * ROOM).all(|key| has_room(&layer, key)));
}

/// A full layer whose key 0 spent one of two tokens at the beginning. Since then, only the others were used. The budget that was
/// given is older than the layer.
async fn spent(per_second: f64) -> PerKey {
    let budget = Budget::builder().capacity(2).ratio(0.0).per_second(per_second).build().unwrap();
    advance(IDLE).await;
    let layer = once(&budget);
    assert_eq!(attempts(&layer, 0), 2);
    answer(&layer, 1..ROOM);
    advance(IDLE).await;
    answer(&layer, 1..ROOM);
    layer
}

#[tokio::test(start_paused = true)]
async fn an_idle_key_stays_until_its_budget_is_full_again() {
    let almost = spent(1.0 / 301.0).await;
    assert!(!has_room(&almost, ROOM));
    // As long as a map is not swept again.
    advance(IDLE / 8).await;
    assert!(has_room(&almost, ROOM), "the token was gained");
    assert!(has_room(&spent(1.0 / 299.0).await, ROOM));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_keeps_its_key() {
    let layer = once(&fixed_budget(9));
    answer(&layer, 1..ROOM);
    let call = begin(&mut layer.layer(hung()), 0);
    advance(IDLE).await;
    answer(&layer, 1..ROOM);
    assert!(!has_room(&layer, ROOM));
    drop(call);
    advance(IDLE).await;
    answer(&layer, 1..ROOM);
    assert!(has_room(&layer, ROOM));
}

#[test]
fn the_last_of_the_settings_of_the_budget_counts() {
    let per_key = || hasty().max_attempts(9).budget_per_key(Clone::clone as Key, fixed_budget(2));
    let shared = per_key().budget(fixed_budget(3)).build().unwrap();
    assert_eq!([attempts(&shared, 1), attempts(&shared, 2)], [4, 1]);
    let unbounded = per_key().without_budget().build().unwrap();
    assert_eq!((attempts(&unbounded, 1), attempts(&unbounded, 1), unbounded.budget().is_none()), (9, 9, true));
    let last = hasty().without_budget().budget_per_key(Clone::clone as Key, fixed_budget(1)).build().unwrap();
    assert_eq!([1, 1, 2].map(|key| attempts(&last, key)), [2, 1, 2]);
}

#[test]
fn other_settings_keep_the_budgets() {
    let layer = hasty()
        .budget_per_key(Clone::clone as Key, fixed_budget(1))
        .classify(|_: Result<&u32, &Error>| Outcome::Transient)
        .copy_request(|key: &u32| Some(*key))
        .retry_if(|_: &u32, _: Result<&u32, &Error>| true)
        .build()
        .unwrap();
    assert_eq!([1, 1, 2].map(|key| attempts(&layer, key)), [2, 1, 2]);
}
