use super::*;

struct Is<T>(PhantomData<T>);

trait NotSend {
    fn send(&self) -> bool {
        false
    }
}

impl<T> NotSend for Is<T> {}

impl<T: Send> Is<T> {
    #[expect(clippy::unused_self, reason = "it hides the method of the trait where there is one")]
    fn send(&self) -> bool {
        true
    }
}

fn is<T>(_: &T) -> Is<T> {
    Is(PhantomData)
}

#[test]
fn the_future_is_send_where_the_inner_one_is() {
    let future = call(&mut TimeoutLayer::new(SECOND).layer(prompt()));
    assert!(is(&future).send());
}

#[test]
fn the_future_is_not_send_where_the_inner_one_is_not() {
    let service = strict(|()| ready(Ok::<_, Down>(Rc::new(()))));
    let future = call(&mut TimeoutLayer::new(SECOND).layer(service));
    assert!(!is(&future).send());
}

#[test]
fn the_future_that_covers_readiness_is_send_where_the_service_is() {
    let future = call(&mut TimeoutLayer::new(SECOND).cover_readiness().layer(prompt()));
    assert!(is(&future).send());
}

#[test]
fn the_future_that_covers_readiness_is_not_send_where_the_service_is_not() {
    let gate = Gate::new(Poll::Pending);
    let future = call(&mut TimeoutLayer::new(SECOND).cover_readiness().layer(gate));
    assert!(!is(&future).send());
}
