//! Claims about when a circuit opens, and what probes decide.
