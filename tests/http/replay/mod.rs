//! Request bodies that are sent again, over connections of HTTP/1.1 and HTTP/2 that fail as a script says.

mod cut;
mod drip;
mod dropped;
mod early;
mod head;
mod lies;
mod memory;
mod mix;
mod outgrown;
mod server;
mod trailers;
mod whole;
mod wire;
