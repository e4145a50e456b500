//! What callers see of errors.

mod gateway;
mod head;
mod router;
mod unread;
