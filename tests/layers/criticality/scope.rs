//! Where it holds.

use super::*;

#[test]
fn code_in_no_scope_is_critical() {
    assert_eq!((Criticality::current(), Criticality::default()), (Critical, Critical));
}

#[test]
fn greater_matters_more() {
    let mut classes = [SheddablePlus, CriticalPlus, Sheddable, Critical];
    classes.sort_unstable();
    assert_eq!(classes, [Sheddable, SheddablePlus, Critical, CriticalPlus]);
    assert_eq!(classes.map(Criticality::as_str), ["sheddable", "sheddable-plus", "critical", "critical-plus"]);
    assert_eq!(format!("{Critical:>9}"), " critical");
}

#[test]
fn the_innermost_scope_counts() {
    let current = || lazy(|_| Criticality::current());
    for inner in [CriticalPlus, Critical, Sheddable] {
        let nested = SheddablePlus.scope(async { (current().await, inner.scope(current()).await, current().await) });
        assert_eq!(nested.now_or_never(), Some((SheddablePlus, inner, SheddablePlus)));
    }
    assert_eq!(Criticality::current(), Critical);
}

#[test]
fn it_holds_in_every_poll() {
    let mut scoped = task::spawn(Sheddable.scope(poll_fn(|_| -> Poll<()> {
        assert_eq!(Criticality::current(), Sheddable);
        Poll::Pending
    })));
    for _ in 0..2 {
        assert_pending!(scoped.poll());
        assert_eq!(Criticality::current(), Critical);
    }
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_has_only_the_one_carried_into_it() {
    let outer = Sheddable.scope(async {
        let carried = tokio::spawn(Criticality::current().scope(async { Criticality::current() }));
        let by_itself = tokio::spawn(async { Criticality::current() });
        (carried.await.unwrap(), by_itself.await.unwrap())
    });
    assert_eq!(outer.await, (Sheddable, Critical));
}

#[tokio::test(start_paused = true)]
async fn a_layer_sets_it_in_the_call_and_in_its_polls() {
    let service = by_itself().layer(asking());
    for class in [Sheddable, CriticalPlus] {
        assert_eq!(service.clone().oneshot(class).await.unwrap(), [class; 2]);
        assert_eq!(SheddablePlus.scope(service.clone().oneshot(class)).await.unwrap(), [class; 2], "in a scope");
    }
    assert_eq!(Criticality::current(), Critical);
}

#[tokio::test(start_paused = true)]
async fn it_passes_through_all_layers() {
    let stack = ServiceBuilder::new()
        .layer(by_itself())
        .layer(palisade::standard("stack").unwrap().bulkhead(8))
        .layer(BulkheadLayer::builder(1).max_wait(MILLI).build().unwrap())
        .service(asking());
    assert_eq!(stack.oneshot(SheddablePlus).await.unwrap(), [SheddablePlus; 2]);
}

#[test]
fn a_panic_leaves_the_one_around_as_it_was() {
    let service = by_itself().layer(strict(|class| -> Ready<Result<(), Down>> {
        assert_eq!(class, CriticalPlus, "a panic in call");
        panic!("{class}")
    }));
    let around = lazy(|_| {
        assert!(panics(|| service.oneshot(CriticalPlus).now_or_never()));
        assert!(panics(|| Critical.scope(lazy(|_| -> () { panic!("in a poll") })).now_or_never()));
        Criticality::current()
    });
    assert_eq!(Sheddable.scope(around).now_or_never(), Some(Sheddable));
}
