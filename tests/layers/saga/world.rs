//! What the steps of a saga do, as services would, and a store that fails.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::pending;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use palisade::saga::StepKey;
use palisade::store::{Answer, Batch, Record, Space, Store};
use palisade::{Error, MemoryStore, StoreError};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::{Done, rejection};
use crate::support::time::SECOND;

pub(super) type Calling<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// What comes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Succeeds,
    Fails,
    IsRejected,
    Panics,
    Hangs,
    /// Waits for the gate to open.
    Waits,
    /// Takes a second.
    Takes,
}

/// Services that write down each call by its key.
#[derive(Clone, Debug)]
pub(super) struct World {
    calls: Arc<Mutex<Vec<String>>>,
    contexts: Arc<Mutex<Vec<Done>>>,
    fates: Arc<Mutex<BTreeMap<&'static str, VecDeque<Fate>>>>,
    gate: Arc<Semaphore>,
    /// What is done and not undone, where services heed keys.
    effects: Arc<Mutex<BTreeSet<String>>>,
    undone: Arc<Mutex<BTreeSet<String>>>,
}

impl World {
    pub(super) fn new() -> Self {
        let gate = Arc::new(Semaphore::new(0));
        Self {
            calls: Arc::default(),
            contexts: Arc::default(),
            fates: Arc::default(),
            gate,
            effects: Arc::default(),
            undone: Arc::default(),
        }
    }

    /// The next calls of a step, or of a compensation such as `a/undo`, end so. After these they succeed.
    pub(super) fn let_be(self, name: &'static str, fates: impl IntoIterator<Item = Fate>) -> Self {
        self.fates.lock().entry(name).or_default().extend(fates);
        self
    }

    /// The calls so far, each by what comes after the id of its saga.
    pub(super) fn calls(&self) -> String {
        self.calls.lock().iter().filter_map(|key| key.split_once('/')).map(|(_, rest)| rest.to_owned() + " ").collect()
    }

    /// The calls so far, by their whole keys.
    pub(super) fn keys(&self) -> Vec<String> {
        self.calls.lock().clone()
    }

    /// The contexts that the calls got.
    pub(super) fn contexts(&self) -> Vec<Done> {
        self.contexts.lock().clone()
    }

    /// The keys of the steps that are done and not undone.
    pub(super) fn effects(&self) -> Vec<String> {
        self.effects.lock().iter().cloned().collect()
    }

    /// Does once what a key asks for, or undoes it for good.
    fn affect(&self, key: &str) {
        match key.strip_suffix("/undo") {
            Some(step) => {
                self.undone.lock().insert(step.to_owned());
                self.effects.lock().remove(step);
            }
            None if self.undone.lock().contains(key) => {}
            None => drop(self.effects.lock().insert(key.to_owned())),
        }
    }

    pub(super) fn open(&self) {
        self.gate.add_permits(1_000);
    }

    pub(super) fn step(&self, done: Done, key: StepKey) -> Calling<Done> {
        let world = self.clone();
        Box::pin(async move {
            let name = key.as_str().rsplit('/').next().unwrap_or_default().to_owned();
            world.call(&name, &key, &done).await?;
            let mut done = done;
            done.0.push(name);
            Ok(done)
        })
    }

    pub(super) fn undo(&self, done: Done, key: StepKey) -> Calling<()> {
        let world = self.clone();
        Box::pin(async move {
            let name = key.as_str().rsplitn(3, '/').collect::<Vec<_>>();
            let name = format!("{}/{}", name[1], name[0]);
            world.call(&name, &key, &done).await
        })
    }

    async fn call(&self, name: &str, key: &StepKey, done: &Done) -> Result<(), Error> {
        self.calls.lock().push(key.to_string());
        self.contexts.lock().push(done.clone());
        let fate = self.fates.lock().get_mut(name).and_then(VecDeque::pop_front);
        let fate = fate.unwrap_or(Fate::Succeeds);
        yield_now().await;
        // A compensation that fails has done nothing, and a step that fails may have been done.
        if fate != Fate::IsRejected && !(name.ends_with("/undo") && fate == Fate::Fails) {
            self.affect(key.as_str());
        }
        yield_now().await;
        match fate {
            Fate::Succeeds => {}
            Fate::Fails => return Err(Error::Service(format!("{name} is down").into())),
            Fate::IsRejected => return Err(rejection()),
            Fate::Panics => panic!("{name} panics"),
            Fate::Hangs => pending().await,
            Fate::Waits => drop(self.gate.acquire().await),
            Fate::Takes => sleep(SECOND).await,
        }
        Ok(())
    }
}

/// Writes down what it is asked to write, and fails where it is told to.
#[derive(Debug, Default)]
pub(super) struct Faulty {
    inner: MemoryStore,
    /// How many writes there were.
    writes: Mutex<usize>,
    /// The writes that fail, by their numbers from 0.
    failing: Mutex<Vec<Range<usize>>>,
    /// What a page that was read waits for.
    late: Mutex<Option<Arc<Semaphore>>>,
}

impl Faulty {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Lets these writes fail, and no others.
    pub(super) fn fail(&self, writes: Range<usize>) {
        *self.failing.lock() = vec![writes];
    }

    /// Holds back each page from now on, after it was read, until the gate has a permit.
    pub(super) fn hold_pages(&self) -> Arc<Semaphore> {
        Arc::clone(self.late.lock().insert(Arc::new(Semaphore::new(0))))
    }

    /// Lets all writes succeed.
    pub(super) fn heal(&self) {
        self.failing.lock().clear();
    }

    pub(super) fn writes(&self) -> usize {
        *self.writes.lock()
    }
}

impl Store for Faulty {
    fn write(&self, batch: Batch) -> Answer<'_, ()> {
        Box::pin(async move {
            let number = {
                let mut writes = self.writes.lock();
                *writes += 1;
                *writes - 1
            };
            if self.failing.lock().iter().any(|failing| failing.contains(&number)) {
                return Err(StoreError::failed("the disk is full"));
            }
            // A write takes a while, in which others run and the future may be dropped.
            yield_now().await;
            self.inner.write(batch).await
        })
    }

    fn read<'a>(&'a self, space: Space, key: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        self.inner.read(space, key)
    }

    fn scan<'a>(&'a self, space: Space, after: Option<&'a [u8]>, limit: usize) -> Answer<'a, Vec<Record>> {
        Box::pin(async move {
            let page = self.inner.scan(space, after, limit).await;
            let gate = self.late.lock().clone();
            if let Some(gate) = gate {
                drop(gate.acquire().await);
            }
            page
        })
    }
}
