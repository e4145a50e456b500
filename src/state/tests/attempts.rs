//! Claims about when a call is worth another attempt.
