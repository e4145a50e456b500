//! Reads what a store holds of a queue.

use super::record::{self, Mark, Of};
use super::shared::Shared;
use crate::context::DeadLetterId;
use crate::state::letters::counted::Parked;
use crate::state::letters::{Letter, Place};
use crate::store::{Record, StoreError};
use crate::time::Nanos;

/// How many records are read at once.
const PAGE: usize = 256;

impl<Request: 'static> Shared<Request> {
    /// Reads where all letters stand.
    pub(super) async fn read_all(&self) -> Result<(), StoreError> {
        let mut after = None;
        // A letter whose mark, if it has one, comes next.
        let mut unmarked = None;
        loop {
            let page = self.opened.store.scan(self.opened.space, after.as_deref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for record in &page {
                self.restore(record, &mut unmarked);
            }
        }
        self.place(unmarked);
        Ok(())
    }

    fn restore(&self, (key, value): &Record, unmarked: &mut Option<(u64, Letter)>) {
        match Of::key(key) {
            Some(Of::Letter(number)) => self.place(unmarked.replace((number, self.stored(number, value)))),
            Some(Of::Mark(number)) => {
                if let Some((_, letter)) = unmarked.as_mut().filter(|(of, _)| *of == number) {
                    let Mark { replays, is_parked } = Mark::decode(value);
                    letter.replays = replays;
                    if is_parked {
                        letter.place = Place::Parked;
                    }
                }
            }
            None => {}
        }
    }

    fn place(&self, letter: Option<(u64, Letter)>) {
        if let Some((number, letter)) = letter {
            self.letters.lock().restore(number, letter);
        }
    }

    /// A letter without its mark.
    fn stored(&self, number: u64, bytes: &[u8]) -> Letter {
        let (due, replays, size) = (Nanos(0), 0, bytes.len() as u64);
        if let Ok(letter) = self.decode(bytes) {
            let key = (self.key)(&letter.request);
            return Letter { id: letter.id.0, key, size, replays, due, place: Place::Waiting };
        }
        let id = record::id(bytes).unwrap_or(DeadLetterId(number.into()));
        self.tell_parked(id, Parked::Unreadable);
        Letter { id: id.0, key: 0, size, replays, due, place: Place::Parked }
    }
}
