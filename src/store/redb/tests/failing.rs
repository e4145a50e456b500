//! A disk that fails, is full, or loses what it had not flushed.
