//! Two attempts on two threads.

use std::sync::Barrier;
use std::thread;

use crate::bodies::{Scripted, Step, data, send, two};

const FRAMES: u16 = 300;

#[test]
fn a_new_attempt_sends_all_while_the_old_one_still_sends() {
    let whole = (0..FRAMES).flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    for round in 0..200 {
        let steps = (0..FRAMES).map(|number| Step::data(number.to_be_bytes()));
        let [mut old, mut new] = two(Scripted::new(steps));
        for _ in 0..round % 5 {
            data(&mut old);
        }
        let start = Barrier::new(2);
        let (from_old, from_new) = thread::scope(|threads| {
            let old = threads.spawn(|| {
                start.wait();
                send(&mut old)
            });
            start.wait();
            assert!(round % 2 == 0 || new.reclaim());
            let from_new = send(&mut new);
            (old.join().unwrap(), from_new)
        });
        assert_eq!((from_new.error, &from_new.data), (None, &whole));
        let taken_before = 2 * (round % 5);
        assert!(whole[taken_before..].starts_with(&from_old.data));
        assert!(from_old.error.is_some() || whole[taken_before..] == from_old.data);
    }
}
