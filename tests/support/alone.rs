//! Tests that count what their whole process does.

use std::env;
use std::process::Command;

const ALONE: &str = "PALISADE_TEST_ALONE";

/// Runs the test of this name in a process of its own, so that no other test is counted with it.
///
/// The module is the test's `module_path!()`.
pub fn alone(module: &str, name: &str, test: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return test();
    }
    let (_, module) = module.split_once("::").expect("the test is in a module of its binary");
    let path = format!("{module}::{name}");
    let this = env::current_exe().expect("the test runs");
    let output = Command::new(this).args([&path, "--exact"]).env(ALONE, "1").output();
    let output = output.expect("this binary runs again");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
