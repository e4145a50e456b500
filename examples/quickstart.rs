//! The shortest useful program: a service that fails at first, and a stack that makes it answer.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use tower::{ServiceBuilder, ServiceExt, service_fn};

static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

async fn pay(order: u32) -> io::Result<String> {
    match ATTEMPTS.fetch_add(1, Ordering::Relaxed) {
        0 => Err(io::Error::other("connection reset")),
        _ => Ok(format!("order {order} is paid")),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stack = palisade::standard("payments")?;
    let circuit = stack.handles().circuit;
    let service = ServiceBuilder::new().layer(stack).service(service_fn(pay));

    println!("{}", service.oneshot(7).await?);
    println!("after {} attempts; the circuit is {}", ATTEMPTS.load(Ordering::Relaxed), circuit.phase());
    Ok(())
}
