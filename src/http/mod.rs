//! HTTP as its users know it.
