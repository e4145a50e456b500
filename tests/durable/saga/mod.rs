//! Sagas whose process is killed between any two writes, and a bank whose accounts must add up.

mod bank;
mod killing;
mod kills;
mod owners;
