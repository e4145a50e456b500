//! gRPC as its users know it.
