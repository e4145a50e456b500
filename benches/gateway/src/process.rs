//! Other processes of this program, and their CPU time.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

pub struct Process {
    child: Child,
    /// Where it listens. It says so in its first line.
    pub address: String,
}

impl Process {
    pub fn start(arguments: &[&str]) -> Self {
        let this = env::current_exe().expect("this program runs");
        let child = Command::new(this).args(arguments).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("this program runs again");
        let mut address = String::new();
        let said = child.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut address).expect("it says where it listens");
        Self { child, address: address.trim().to_owned() }
    }

    /// Microseconds of CPU that it has taken, in the user's code and in the kernel.
    ///
    /// Linux counts nanoseconds for each thread, and it has one.
    pub fn cpu(&self) -> f64 {
        let schedstat = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id())).expect("Linux tells");
        let nanos: f64 = schedstat.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("a number");
        nanos / 1000.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
