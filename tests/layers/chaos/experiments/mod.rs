//! Experiments, and their reports.

mod reports;
mod runs;
mod seen;

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use palisade::Registry;
use palisade::chaos::experiment::Disrupt;
use palisade::chaos::{Experiment, Outcome};
use tower::BoxError;

use super::*;

/// Something that is broken, and counts how often it was started.
#[derive(Clone, Debug, Default)]
struct Broken(Arc<(AtomicBool, AtomicU32)>);

impl Broken {
    fn is_broken(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    fn starts(&self) -> u32 {
        self.0.1.load(Ordering::SeqCst)
    }
}

impl Disrupt for Broken {
    fn name(&self) -> String {
        "a thing".to_owned()
    }

    fn start(&self) -> Result<(), BoxError> {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn stop(&self) {
        self.0.0.store(false, Ordering::SeqCst);
    }

    fn done(&self) -> u64 {
        7
    }
}

fn experiment(name: &'static str) -> Experiment {
    Experiment::new(name).expect("the name is legal").registry(&Registry::new())
}

/// Breaks it for ten seconds.
fn breaking(thing: &Broken) -> Experiment {
    experiment("nobody notices").during(thing.clone()).for_(10 * SECOND)
}

/// A check that holds unless this says so.
fn unless(fails: impl Fn() -> bool + Send + Sync + 'static) -> impl Fn() -> Ready<Result<(), Down>> + Send + Sync {
    move || ready(if fails() { Err(Down(1)) } else { Ok(()) })
}
