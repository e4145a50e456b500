use super::*;

#[tokio::test(start_paused = true)]
async fn after_calls_polls_and_scopes() {
    let call = call(&mut limit(1).layer(hung()), ());
    assert_eq!(Deadline::current(), None, "a call");
    drop(call);
    let _pending = begin(&mut limit(1).layer(hung()), ());
    assert_eq!(Deadline::current(), None, "a poll that pends");
    assert!(limit(1).layer(asking()).oneshot(()).now_or_never().unwrap().unwrap().is_some());
    assert_eq!(Deadline::current(), None, "a poll that asked");
    elapsed(limit(1).layer(hung()).oneshot(()).await);
    assert_eq!(Deadline::current(), None, "the end of a call");
    after(1).scope(async {}).await;
    assert_eq!(Deadline::current(), None, "a scope");
}

fn panicking_in_call(_: ()) -> BoxFuture<'static, Result<(), Down>> {
    Deadline::current();
    panic!("in call")
}

fn panicking_in_poll(_: ()) -> BoxFuture<'static, Result<(), Down>> {
    let panicking = async {
        Deadline::current();
        panic!("in poll")
    };
    panicking.boxed()
}

#[test]
fn after_panics() {
    for panicking in [panicking_in_call as fn(()) -> _, panicking_in_poll] {
        assert!(panics(|| limit(1).layer(strict(panicking)).oneshot(()).now_or_never()));
        assert_eq!(Deadline::current(), None);
    }
    let scoped = after(1).scope(lazy(|_| -> () { panic!("in a scope") }));
    assert!(panics(|| scoped.now_or_never()));
    assert_eq!(Deadline::current(), None);
}

#[tokio::test(start_paused = true)]
async fn to_the_one_around_after_a_panic_below() {
    let service = strict(|()| async {
        let call = limit(1).layer(strict(panicking_in_poll)).oneshot(());
        assert!(panics(|| call.now_or_never()));
        Ok::<_, Down>(left())
    });
    assert_eq!(limit(3).layer(service).oneshot(()).await.unwrap(), Some(3 * SECOND));
}
