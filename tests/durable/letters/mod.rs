//! Dead letters in a store on a file.

mod kills;
mod opened;
mod rate;

use std::future::{Ready, ready};
use std::path::Path;
use std::sync::Arc;

use palisade::store::{Json, RedbStore};
use palisade::{BulkheadLayer, DeadLetter, DeadLetterLayer, DeadLetters, DeadLettersBuilder, Error};
use tower::{Layer, Service, service_fn};

/// A queue of numbers in a file, each in a line of its own.
async fn queue(path: &Path) -> DeadLettersBuilder<u64> {
    let store = RedbStore::open(path).await.unwrap();
    DeadLetters::builder("letters", Arc::new(store), Json).key(|request: &u64| *request).max_replays(u32::MAX)
}

/// Rejects each call, and answers with its number once its letter is stored.
fn accepting(
    letters: &DeadLetters<u64>,
) -> impl Service<u64, Response = u64, Error = Error, Future: Send> + Clone + Send + use<> {
    let layer = DeadLetterLayer::new(letters.clone()).accept(|letter: &DeadLetter<u64>| letter.request);
    let full = BulkheadLayer::new(0);
    layer.layer(full.layer(service_fn(|request: u64| -> Ready<Result<u64, Error>> { ready(Ok(request)) })))
}
