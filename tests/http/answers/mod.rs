//! What callers see of errors.

mod head;
mod router;
