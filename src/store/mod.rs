//! Where things are written that must not be lost: small records in order, each in the [`Space`] of the thing that owns it.
//!
//! A [`Store`] writes a [`Batch`] of changes, all or none of them, and answers once they are written. [`MemoryStore`] keeps them
//! in memory and promises nothing past the end of the process. `RedbStore` (feature `redb`) keeps them in a file: what was
//! acknowledged is there after a crash.
//!
//! # Examples
//!
//! ```
//! use palisade::store::{Batch, MemoryStore, Space, Store};
//! use palisade::Name;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryStore::new();
//! let orders = Space::new("queue", Name::new("orders")?);
//! let sent = Space::new("queue", Name::new("sent")?);
//!
//! store.write(Batch::new().put(orders, *b"7", *b"two pens").put(orders, *b"8", *b"ink")).await?;
//! store.write(Batch::new().remove(orders, *b"7").put(sent, *b"7", *b"two pens")).await?; // moved, and never in both or none
//!
//! assert_eq!(store.scan(orders, None, 10).await?, [(b"8".to_vec(), b"ink".to_vec())]);
//! # Ok(())
//! # }
//! ```

mod batch;
mod codec;
mod error;
mod memory;
#[cfg(feature = "redb")]
mod redb;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr;

pub use self::batch::{Batch, Change};
pub use self::codec::Codec;
#[cfg(feature = "serde")]
pub use self::codec::Json;
pub use self::error::StoreError;
pub use self::memory::MemoryStore;
#[cfg(feature = "redb")]
#[cfg_attr(docsrs, doc(cfg(feature = "redb")))]
pub use self::redb::RedbStore;
use crate::name::Name;

/// What a store answers. It is boxed so that a store is one type for all who write to it: a write to a disk takes far longer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A record: its key and its value.
pub type Record = (Vec<u8>, Vec<u8>);

/// Keeps records in the order of their keys.
///
/// Batches take effect in the order in which their futures were first polled. A future that is dropped while its batch is written
/// leaves all of the batch written or none of it. No method blocks the thread that polls.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Makes all changes of the batch, in order, or none. The answer comes once they are as safe as this store can make them.
    ///
    /// # Errors
    ///
    /// When it could not be written. Then nothing of it is there, or all of it: a disk may fail only as it confirms.
    fn write(&self, batch: Batch) -> Answer<'_, ()>;

    /// The value of a key.
    ///
    /// # Errors
    ///
    /// When it could not be read.
    fn read<'a>(&'a self, space: Space, key: &'a [u8]) -> Answer<'a, Option<Vec<u8>>>;

    /// The first records of a space after a key, in order, at most `limit` of them; `None` begins with the first. All are
    /// as they were at one moment.
    ///
    /// # Errors
    ///
    /// When they could not be read.
    fn scan<'a>(&'a self, space: Space, after: Option<&'a [u8]>, limit: usize) -> Answer<'a, Vec<Record>>;

    /// A number that all values share that keep the same records, as clones do, and no other value of this process has while one of
    /// them lives.
    ///
    /// By it a queue is opened once, and a saga has one owner, whichever value it was given. A store that wraps another gives that one's.
    /// Defaults to the address of this value.
    fn place(&self) -> usize {
        ptr::from_ref(self).cast::<()>().addr()
    }
}

/// The part of a store that belongs to one owner: what kind of thing it is, and its name. Shown as `kind/name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Space {
    kind: &'static str,
    name: Name,
}

impl Space {
    /// The space of the thing of this kind and name. A kind has no `/` in it.
    pub const fn new(kind: &'static str, name: Name) -> Self {
        Self { kind, name }
    }

    /// What kind of thing owns it.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The name of its owner.
    pub const fn name(&self) -> Name {
        self.name
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}
