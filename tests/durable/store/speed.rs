//! How many records are written a second, where one writes, and where many do.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use palisade::store::{Batch, RedbStore, Store};

use super::space;
use crate::folder::Folder;

#[tokio::test]
#[ignore = "it prints what this machine does: run it with `--release -- --ignored --nocapture speed`"]
#[expect(clippy::disallowed_methods, reason = "it measures the machine, so its clock is the machine's")]
async fn records_a_second() {
    let folder = Folder::of("speed");
    for writers in [1, 64, 1024] {
        let store = RedbStore::open(folder.file(&format!("{writers}.redb"))).await.unwrap();
        let began = Instant::now();
        let written = join_all((0..writers).map(async |writer: u64| {
            let mut number = 0u64;
            while began.elapsed() < Duration::from_secs(3) {
                let key = [writer.to_be_bytes(), number.to_be_bytes()].concat();
                store.write(Batch::new().put(space("records"), key, [7; 300])).await.unwrap();
                number += 1;
            }
            number
        }));
        let records: u64 = written.await.iter().sum();
        let milliseconds = began.elapsed().as_millis();
        println!("{writers} writers: {} records a second", u128::from(records) * 1000 / milliseconds);
    }
}
