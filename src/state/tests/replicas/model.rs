//! Claims against a naive model.
