//! The numbers of marks, which logs keep.

use crate::state::saga::Mark;

#[test]
fn each_mark_has_the_number_that_logs_have() {
    let numbers = [
        (Mark::Waiting, 0),
        (Mark::Begun, 1),
        (Mark::Unknown, 2),
        (Mark::Done, 3),
        (Mark::NotSent, 4),
        (Mark::Unclear, 5),
        (Mark::Undone, 6),
        (Mark::Left, 7),
    ];
    assert_eq!(numbers.map(|(mark, _)| mark), Mark::ALL);
    assert!(numbers.into_iter().all(|(mark, number)| mark as usize == number));
}
