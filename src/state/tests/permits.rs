//! Claims about the places of a bulkhead.
