//! Faults of the process itself.

use std::thread;

use palisade::chaos::experiment::{Disrupt, ProcessFault, burn_cpu, hold_memory};

/// Waits until it has done so much.
fn wait_for(fault: &ProcessFault, done: u64) {
    while fault.done() != done {
        thread::yield_now();
    }
}

#[test]
fn memory_is_held_until_it_stops() {
    let bytes = 5 * 1_024 * 1_024 / 2;
    let fault = hold_memory(bytes);
    for _ in 0..2 {
        fault.start().unwrap();
        wait_for(&fault, bytes as u64);
        fault.stop();
        wait_for(&fault, 0);
    }
    fault.stop();
    hold_memory(0).start().unwrap();
}

#[test]
fn threads_are_busy_until_it_stops() {
    let fault = burn_cpu(2).unwrap();
    fault.start().unwrap();
    wait_for(&fault, 2);
    fault.stop();
    wait_for(&fault, 0);
}

#[test]
fn no_thread_and_too_many_are_told() {
    for threads in [0, 1_025, usize::MAX] {
        let error = burn_cpu(threads).map(drop).unwrap_err();
        assert_eq!(error.to_string(), format!("burn_cpu: `threads` is {threads}, but must be 1 to 1,024"));
    }
}
