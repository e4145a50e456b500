//! Which replicas of a set faults reach: never all of them.

use std::sync::{Arc, Weak};

/// The replicas that are there, and those that are chosen.
#[derive(Debug, Default)]
pub(crate) struct Replicas {
    /// Their names, each for as long as a service has it.
    there: Vec<Weak<str>>,
    chosen: Vec<String>,
}

impl Replicas {
    /// Adds one. It is there for as long as somebody holds its name.
    pub(crate) fn add(&mut self, name: &str) -> Arc<str> {
        if let Some(there) = self.there().find(|there| **there == *name) {
            return there;
        }
        let added = Arc::from(name);
        self.there.retain(|there| there.strong_count() > 0);
        self.there.push(Arc::downgrade(&added));
        added
    }

    /// The names of those that are there.
    pub(crate) fn there(&self) -> impl Iterator<Item = Arc<str>> {
        self.there.iter().filter_map(Weak::upgrade)
    }

    /// Chooses those of these names, and no others, if they are there and leave one. Returns whether it has.
    pub(crate) fn choose(&mut self, names: Vec<String>) -> bool {
        let are_there = names.iter().all(|name| self.there().any(|there| *there == **name));
        let is_legal = names.is_empty() || are_there && self.there().any(|there| !is_in(&names, &there));
        if is_legal {
            self.chosen = names;
        }
        is_legal
    }

    /// Whether faults reach a replica: it is chosen, and one that is not is there still.
    pub(crate) fn reach(&self, name: &str) -> bool {
        is_in(&self.chosen, name) && self.there().any(|there| !is_in(&self.chosen, &there))
    }
}

fn is_in(names: &[String], name: &str) -> bool {
    names.iter().any(|other| other == name)
}
