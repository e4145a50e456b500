//! The order of the steps.

use std::ops::Range;

/// The order of the steps: places one after another, each of one step or of several that run in parallel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The numbers of the steps at each place. They go up by one, from 0.
    places: Vec<Range<usize>>,
    pivot: Option<usize>,
}

impl Plan {
    /// Adds a place of so many steps.
    pub(crate) fn add(&mut self, steps: usize) {
        let first = self.steps();
        self.places.push(first..first + steps);
    }

    /// Makes the last step the pivot.
    pub(crate) fn set_pivot(&mut self) {
        self.pivot = self.steps().checked_sub(1);
    }

    /// How many steps there are.
    pub(crate) fn steps(&self) -> usize {
        self.places.last().map_or(0, |place| place.end)
    }

    pub(crate) const fn pivot(&self) -> Option<usize> {
        self.pivot
    }

    pub(crate) fn places(&self) -> &[Range<usize>] {
        &self.places
    }

    /// Whether the saga goes back when this step fails.
    pub(crate) fn goes_back(&self, step: usize) -> bool {
        self.pivot.is_none_or(|pivot| step <= pivot)
    }

    /// Whether the step is compensated when the saga goes back. Only those before the pivot can be.
    pub(crate) fn is_undoable(&self, step: usize) -> bool {
        self.pivot.is_none_or(|pivot| step < pivot)
    }
}
