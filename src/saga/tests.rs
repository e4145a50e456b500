//! Claims about what the log holds.
