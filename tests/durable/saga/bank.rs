//! Accounts, and services that move money between them and heed keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use palisade::store::{Batch, Space, Store};
use palisade::{Error, Name};
use tokio::sync::Mutex;

/// The accounts, and what is on each at the beginning.
const ACCOUNTS: [(&str, i64); 6] =
    [("customer", 1_000_000), ("escrow", 0), ("stock", 1_000), ("reserved", 0), ("shipped", 0), ("shop", 0)];

/// What became of the key of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Done,
    Undone,
}

/// Moves an amount from an account to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) amount: i64,
}

/// A bank that writes each movement and its key in one batch.
#[derive(Clone, Debug)]
pub(super) struct Bank {
    store: Arc<dyn Store>,
    /// One movement at a time.
    turn: Arc<Mutex<()>>,
}

fn space(name: &'static str) -> Space {
    Space::new("bank", Name::new(name).unwrap())
}

impl Bank {
    pub(super) fn new(store: &Arc<dyn Store>) -> Self {
        Self { store: Arc::clone(store), turn: Arc::default() }
    }

    /// Does once what a key asks for, and nothing where it was undone before.
    pub(super) async fn make(&self, key: &str, of: Move) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        match self.entry(key).await {
            Some(Entry::Done) => Ok(()),
            Some(Entry::Undone) => Err(Error::Service("it was undone".into())),
            None => self.book(key, "done", of).await,
        }
    }

    /// Undoes once what the key of a step has done, and lets it do nothing any more.
    pub(super) async fn undo(&self, key: &str, Move { from, to, amount }: Move) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        match self.entry(key).await {
            Some(Entry::Undone) => Ok(()),
            Some(Entry::Done) => self.book(key, "undone", Move { from: to, to: from, amount }).await,
            None => self.book(key, "undone", Move { from, to, amount: 0 }).await,
        }
    }

    /// Whether this is the first time that something is asked.
    pub(super) async fn is_first(&self, what: &str) -> bool {
        let is_first = self.store.read(space("asked"), what.as_bytes()).await.unwrap().is_none();
        self.store.write(Batch::new().put(space("asked"), what, *b"")).await.unwrap();
        is_first
    }

    async fn book(&self, key: &str, entry: &str, Move { from, to, amount }: Move) -> Result<(), Error> {
        let balances = [(from, -amount), (to, amount)];
        let mut batch = Batch::new().put(space("keys"), key, entry);
        for (account, change) in balances {
            let balance = self.balance(account).await + change;
            batch = batch.put(space("accounts"), account, balance.to_be_bytes());
        }
        self.store.write(batch).await.map_err(|error| Error::Service(error.into()))
    }

    pub(super) async fn entry(&self, key: &str) -> Option<Entry> {
        let entry = self.store.read(space("keys"), key.as_bytes()).await.unwrap();
        entry.map(|entry| if entry == b"done" { Entry::Done } else { Entry::Undone })
    }

    async fn balance(&self, account: &str) -> i64 {
        let first = ACCOUNTS.iter().find(|(name, _)| *name == account).unwrap().1;
        let balance = self.store.read(space("accounts"), account.as_bytes()).await.unwrap();
        balance.map_or(first, |balance| i64::from_be_bytes(balance.try_into().unwrap()))
    }

    /// Fails unless the accounts are what these movements make of them, each done once.
    pub(super) async fn add_up(&self, done: &[Move]) {
        let mut expected = BTreeMap::from(ACCOUNTS);
        for Move { from, to, amount } in done {
            *expected.get_mut(from).unwrap() -= amount;
            *expected.get_mut(to).unwrap() += amount;
        }
        for (account, expected) in expected {
            assert_eq!(self.balance(account).await, expected, "{account}");
        }
    }
}
