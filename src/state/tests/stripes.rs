//! Claims about counters on lines of their own.
