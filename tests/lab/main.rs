//! The lab: that its numbers are those of a real run, and what the defaults do under loads.

mod agreement;
