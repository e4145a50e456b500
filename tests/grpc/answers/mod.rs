//! What callers are told of errors, in headers, in trailers and by tonic.

mod body;
mod client;
mod errors;
mod over;
mod shed;
