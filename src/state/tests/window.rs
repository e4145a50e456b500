//! Claims about what a circuit remembers.
