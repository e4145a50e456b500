//! Claims about calls that matter more or less.

use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

use super::{START, deposit};
use crate::state::budget::Tokens;
use crate::state::criticality::Criticality;

/// How many tokens calls of a class take.
fn take(tokens: &Tokens, class: Criticality) -> u64 {
    std::iter::repeat_with(|| tokens.withdraw_as(class, START)).take_while(|taken| *taken).map(u64::from).sum()
}

#[test]
fn a_class_takes_tokens_while_more_than_its_part_is_left() {
    for (capacity, taken) in
        [(1, [1, 1, 1, 1]), (2, [1, 2, 2, 2]), (3, [2, 3, 3, 3]), (4, [2, 3, 4, 4]), (9, [5, 7, 9, 9])]
    {
        let by_class = [Sheddable, SheddablePlus, Critical, CriticalPlus]
            .map(|class| take(&Tokens::new(capacity, 0.0, 0.0), class));
        assert_eq!(by_class, taken, "of {capacity}");
    }
}

#[test]
fn what_is_kept_for_higher_classes_they_take() {
    let tokens = Tokens::new(8, 0.0, 0.0);
    assert_eq!([Sheddable, SheddablePlus, Critical].map(|class| take(&tokens, class)), [4, 2, 2]);
}

#[test]
fn a_fraction_of_a_token_above_its_part_is_more() {
    let tokens = Tokens::new(4, 0.001, 0.0);
    assert_eq!(take(&tokens, Sheddable), 2);
    deposit(&tokens, 1);
    assert_eq!(take(&tokens, Sheddable), 1);
}

#[test]
fn above_its_part_a_whole_token_is_needed_still() {
    let tokens = Tokens::new(1, 0.9, 0.0);
    assert_eq!(take(&tokens, Critical), 1);
    deposit(&tokens, 1);
    assert_eq!(take(&tokens, Sheddable), 0);
}
