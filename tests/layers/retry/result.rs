use super::*;

/// Neither it nor its borrowed form can be copied.
#[derive(Debug, PartialEq, Eq)]
struct Answer(u32);

#[derive(Debug, thiserror::Error)]
#[error("fault {0}")]
struct Fault(u32);

fn numbered<T>(make: impl Fn(u32) -> T + Clone) -> Strict<impl FnMut(()) -> Ready<T> + Clone> {
    let numbers = Arc::new(Mutex::new(1..));
    strict(move |()| ready(make(numbers.lock().unwrap().next().unwrap())))
}

#[test]
fn the_last_response_is_returned_though_it_is_not_clone() {
    let layer = hasty().classify(|_: Result<&Answer, &Error>| Outcome::Transient).build().unwrap();
    let service = numbered(|number| Ok::<_, Fault>(Answer(number)));
    assert_eq!(layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap(), Answer(3));
}

#[test]
fn the_last_error_is_returned_though_it_is_not_clone() {
    let service = numbered(|number| Err::<Answer, _>(Fault(number)));
    let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.downcast_ref().map(|Fault(number)| *number), Some(3));
}

#[test]
fn an_error_after_a_poor_answer_is_the_last_result() {
    let layer = hasty().max_attempts(2).classify(|_: Result<&u16, &Error>| Outcome::Transient).build().unwrap();
    let error = layer.layer(scripted([Ok(503), Err(Down(2))])).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(number_of(&error), Some(2));
}

#[test]
fn a_poor_answer_after_an_error_is_the_last_result() {
    let layer = hasty().max_attempts(2).classify(|_: Result<&u16, &Error>| Outcome::Transient).build().unwrap();
    let answer = layer.layer(scripted([Err(Down(1)), Ok(503)])).oneshot(()).now_or_never().unwrap();
    assert_eq!(answer.unwrap(), 503);
}

#[test]
fn the_result_that_ends_the_attempts_is_returned() {
    let layer = hasty().classify(|result: Result<&u16, &Error>| match result {
        Ok(_) => Outcome::Failed,
        Err(_) => Outcome::Transient,
    });
    let answer = layer.build().unwrap().layer(scripted([Err(Down(1)), Ok(501)])).oneshot(()).now_or_never();
    assert_eq!(answer.unwrap().unwrap(), 501);
}
