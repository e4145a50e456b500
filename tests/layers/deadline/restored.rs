use super::*;

#[test]
fn after_a_call() {
    let mut service = TimeoutLayer::new(SECOND).layer(stuck());
    drop(call(&mut service));
    assert_eq!(Deadline::current(), None);
}

#[tokio::test(start_paused = true)]
async fn after_a_poll_that_pends() {
    let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    assert_eq!(Deadline::current(), None);
}

#[tokio::test(start_paused = true)]
async fn after_a_poll_that_asked() {
    let call = TimeoutLayer::new(SECOND).layer(asking()).oneshot(());
    assert!(call.now_or_never().unwrap().unwrap().is_some());
    assert_eq!(Deadline::current(), None);
}

#[tokio::test(start_paused = true)]
async fn after_the_end_of_a_call() {
    elapsed(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()).await);
    assert_eq!(Deadline::current(), None);
}

#[tokio::test(start_paused = true)]
async fn after_a_scope() {
    Deadline::after(SECOND).scope(async {}).await;
    assert_eq!(Deadline::current(), None);
}

#[expect(unreachable_code, reason = "it gives the closure its type")]
fn panicking_in_call() -> Strict<impl FnMut(()) -> Ready<Result<(), Down>>> {
    strict(|()| {
        Deadline::current();
        panic!("in call");
        ready(Ok(()))
    })
}

fn panicking_in_poll() -> Strict<impl FnMut(()) -> BoxFuture<'static, Result<(), Down>>> {
    strict(|()| {
        let panicking = async {
            Deadline::current();
            panic!("in poll")
        };
        panicking.boxed()
    })
}

#[test]
fn after_a_panic_in_call() {
    let mut service = TimeoutLayer::new(SECOND).layer(panicking_in_call());
    catch_unwind(AssertUnwindSafe(|| drop(call(&mut service)))).unwrap_err();
    assert_eq!(Deadline::current(), None);
}

#[test]
fn after_a_panic_in_poll() {
    let call = TimeoutLayer::new(SECOND).layer(panicking_in_poll()).oneshot(());
    catch_unwind(AssertUnwindSafe(|| call.now_or_never())).unwrap_err();
    assert_eq!(Deadline::current(), None);
}

#[test]
fn after_a_panic_in_a_scope() {
    let scoped = Deadline::after(SECOND).scope(lazy(|_| -> () { panic!("in a scope") }));
    catch_unwind(AssertUnwindSafe(|| scoped.now_or_never())).unwrap_err();
    assert_eq!(Deadline::current(), None);
}

#[tokio::test(start_paused = true)]
async fn to_the_one_around_after_a_panic_below() {
    let service = strict(|()| async {
        let call = TimeoutLayer::new(SECOND).layer(panicking_in_poll()).oneshot(());
        catch_unwind(AssertUnwindSafe(|| call.now_or_never())).unwrap_err();
        Ok::<_, Down>(left())
    });
    assert_eq!(TimeoutLayer::new(3 * SECOND).layer(service).oneshot(()).await.unwrap(), Some(3 * SECOND));
}
