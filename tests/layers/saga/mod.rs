//! Sagas. What is done next is decided in `src/state/saga`, and claimed in its tests.

mod configuration;
mod context;
mod damaged;
mod dropping;
mod ends;
mod failing_store;
mod ids;
mod owners;
mod pivot;
mod seen;
mod stuck;
mod world;

use std::sync::Arc;

use palisade::saga::StepKey;
use palisade::store::{Codec, Space, Store};
use palisade::{Backoff, Error, MemoryStore, Rejection, Saga, SagaBuilder, SagaError};
use tower::BoxError;

use self::world::{Fate, World};
use crate::support::time::SECOND;

/// What the steps of these sagas pass on: the names of those that are done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Done(Vec<String>);

/// Names, one a line.
#[derive(Debug)]
struct Lines;

impl Codec<Done> for Lines {
    fn encode(&self, done: &Done) -> Result<Vec<u8>, BoxError> {
        if done.0.iter().any(|name| name == "cannot be written") {
            Err("no bytes".into())
        } else {
            Ok(done.0.join("\n").into())
        }
    }

    fn decode(&self, bytes: &[u8]) -> Result<Done, BoxError> {
        assert!(!bytes.ends_with(b"panics"), "these bytes panic");
        Ok(Done(std::str::from_utf8(bytes)?.lines().map(str::to_owned).collect()))
    }
}

fn memory() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new())
}

/// A builder that leaves nothing to chance and waits a second before it tries again.
fn builder<S: Store>(log: &Arc<S>) -> SagaBuilder<Done> {
    Saga::builder("order", Arc::<S>::clone(log), Lines).backoff(Backoff::constant(SECOND)).seed(1)
}

/// A step of this world.
fn step(world: &World) -> impl Fn(Done, StepKey) -> world::Calling<Done> + Send + Sync + 'static {
    let world = world.clone();
    move |done, key| world.step(done, key)
}

/// A compensation of this world.
fn undo(world: &World) -> impl Fn(Done, StepKey) -> world::Calling<()> + Send + Sync + 'static {
    let world = world.clone();
    move |done, key| world.undo(done, key)
}

/// Three steps with their compensations.
fn three(world: &World, log: &Arc<impl Store>) -> SagaBuilder<Done> {
    let add = |saga: SagaBuilder<Done>, name| saga.step(name, step(world), undo(world));
    ["a", "b", "c"].into_iter().fold(builder(log), add)
}

/// A step, the pivot, and a step after it.
fn with_a_pivot(world: &World, log: &Arc<impl Store>) -> SagaBuilder<Done> {
    builder(log).step("a", step(world), undo(world)).pivot("p", step(world)).forward("f", step(world))
}

/// A step, two in parallel, and one more.
fn with_a_group(world: &World, log: &Arc<impl Store>) -> SagaBuilder<Done> {
    let merge = |mut so_far: Done, more: Done| {
        let new: Vec<_> = more.0.into_iter().filter(|name| !so_far.0.contains(name)).collect();
        so_far.0.extend(new);
        so_far
    };
    builder(log)
        .step("a", step(world), undo(world))
        .in_parallel(merge, |group| group.step("l", step(world), undo(world)).step("r", step(world), undo(world)))
        .step("z", step(world), undo(world))
}

/// What an error says in short: the failed step, what was compensated, and what was not.
fn told(error: &SagaError) -> String {
    match error {
        SagaError::Failed { failed_step, compensated, uncompensated, .. } => {
            format!("{failed_step} -{} !{}", compensated.join(""), uncompensated.join(""))
        }
        other => other.to_string(),
    }
}

fn rejection() -> Error {
    let name = palisade::Name::new("limit").expect("a legal name");
    let rejection: Rejection = palisade::event::Source::new(palisade::event::Kind::Custom, name).reject(None);
    rejection.into()
}

/// A saga in a log that its future left when its compensations or steps came to this call.
async fn left_at(call: &str, world: &World, saga: &Saga<Done>, id: &str) {
    let mut run = tokio_test::task::spawn(saga.run(id, Done::default()));
    while world.keys().last().is_none_or(|key| *key != format!("{id}/{call}")) {
        assert!(run.poll().is_pending(), "{:?}", world.keys());
        tokio::task::yield_now().await;
    }
}

/// The record of a saga that has not ended, as the log has it.
async fn record(log: &dyn Store, id: &str) -> Option<Vec<u8>> {
    log.read(space(), id.as_bytes()).await.ok().flatten()
}

fn space() -> Space {
    Space::new("saga", palisade::Name::new("order").expect("a legal name"))
}
