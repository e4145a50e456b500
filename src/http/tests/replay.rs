//! Claims about what is kept of a request's body.

use crate::http::replay::source::push;

#[test]
fn drips_never_take_more_memory_than_the_cap() {
    let mut kept = Vec::new();
    for _ in 0..1000 {
        assert!(push(&mut kept, b"x", 1000));
        assert!(kept.capacity() <= 1000, "{} bytes", kept.capacity());
    }
    assert!(!push(&mut kept, b"x", 1000), "a byte more than the cap");
}

#[test]
fn a_single_frame_takes_its_own_size_of_memory() {
    let mut kept = Vec::new();
    assert!(push(&mut kept, &[0; 300], 64 * 1024));
    assert_eq!(kept.capacity(), 300);
}
