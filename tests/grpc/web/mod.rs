//! gRPC-Web, which has its trailers in the data.

mod frames;
mod wire;
