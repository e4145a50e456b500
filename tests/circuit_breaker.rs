//! The circuit breaker, line by line of what it means.

mod support;
