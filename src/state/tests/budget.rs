//! Claims about what retries may spend.
