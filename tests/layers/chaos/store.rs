//! A store that fails on purpose.

use std::convert::Infallible;

use palisade::chaos::{FailingStore, Operation};
use palisade::store::{Batch, MemoryStore, Space, Store};
use palisade::{Name, StoreError};

use super::*;

fn failing(builder: ChaosBuilder<Operation, Infallible>) -> (FailingStore<MemoryStore>, palisade::ChaosHandle) {
    let layer = builder.build().expect("the settings are legal");
    let handle = layer.handle();
    (FailingStore::new(MemoryStore::new(), layer), handle)
}

fn space() -> Space {
    Space::new("test", Name::new("orders").expect("it is legal"))
}

#[test]
fn an_operation_that_fails_does_nothing() {
    paused(async {
        let full = ChaosLayer::builder("disk").fail(1.0, |_: &Operation| Down(28)).max_share(1.0);
        let (store, disk) = failing(full.only(|operation| *operation == Operation::Write));
        let key = b"key".to_vec();
        let put = || Batch::new().put(space(), key.clone(), b"value".to_vec());
        disk.start();
        let error = store.write(put()).await.unwrap_err();
        assert!(matches!(&error, StoreError::Failed { .. }) && error.to_string().starts_with("the store failed"));
        assert_eq!(store.read(space(), &key).await.unwrap(), None, "reads do not fail");
        disk.halt();
        store.write(put()).await.unwrap();
        assert_eq!(store.scan(space(), None, 9).await.unwrap(), [(key.clone(), b"value".to_vec())]);
    });
}

#[test]
fn a_store_that_hangs_or_is_slow_goes_on_when_the_faults_stop() {
    paused(async {
        let builder = || ChaosLayer::builder("disk").max_share(1.0);
        let (store, disk) = failing(builder().hang(1.0));
        disk.start();
        let mut read = task::spawn(store.read(space(), b"key"));
        assert!(read.poll().is_pending());
        disk.halt();
        assert!(read.await.is_err());

        let (store, disk) = failing(builder().delay(1.0, SECOND));
        disk.start();
        let start = now();
        store.scan(space(), None, 1).await.unwrap();
        assert_eq!(now() - start, SECOND);
    });
}
