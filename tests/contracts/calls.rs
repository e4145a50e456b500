//! Calls, step by step.

use std::pin::Pin;
use std::task::Poll;

use palisade::Error;
use tokio_test::task::{self, Spawn};

/// A call of any stack, to the end of its response.
pub(crate) type Call = Spawn<Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>>>;

pub(crate) fn begin(call: impl Future<Output = Result<u32, Error>> + Send + 'static) -> Call {
    task::spawn(Box::pin(call))
}

/// Polls a call for as long as it wakes itself.
pub(crate) fn go(call: &mut Call) -> Poll<Result<u32, Error>> {
    loop {
        let result = call.poll();
        if result.is_ready() || !call.is_woken() {
            return result;
        }
    }
}

/// Polls a call to its end, for which it need not wait.
pub(crate) fn end(call: &mut Call) -> Result<u32, Error> {
    match go(call) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the call hangs"),
    }
}
