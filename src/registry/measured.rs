//! How long the calls of all measures of a name took, also of those measures that are gone.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::ptr;
use std::sync::Arc; // a model's own cannot point to a trait object

use parking_lot::Mutex;

use super::reading::{Exemplar, Histogram};
use crate::state::calls::Ended;
use crate::state::histogram::{Durations, octave_of};

/// What a measure has measured.
pub(crate) trait Times: Send + Sync {
    /// How long the calls took that ended in this way.
    fn of(&self, ended: Ended) -> Durations;

    /// Those of them that stand for others.
    fn exemplars(&self, ended: Ended) -> Vec<Exemplar>;
}

/// Each measure is in one of the two, also while it goes, because both change under one lock.
#[derive(Default)]
struct Lists {
    there: Vec<Arc<dyn Times>>,
    /// The sums of those that are gone.
    gone: BTreeMap<Ended, Durations>,
}

#[derive(Default)]
pub(crate) struct Measured(Mutex<Lists>);

impl Measured {
    pub(super) fn of(&self, ended: Ended) -> Histogram {
        let Lists { there, gone } = &*self.0.lock();
        let gone = gone.get(&ended).cloned().unwrap_or_else(Durations::none);
        let all = there.iter().fold(gone, |all, times| all.and(&times.of(ended)));
        let exemplars = there.iter().flat_map(|times| times.exemplars(ended));
        // Each measure has kept one for each bucket, so of several there is one too many.
        let of_buckets: BTreeMap<_, _> =
            exemplars.map(|exemplar| (octave_of(exemplar.took.into()), exemplar)).collect();
        Histogram { buckets: all.buckets().collect(), sum: all.sum(), exemplars: of_buckets.into_values().collect() }
    }

    /// Whether any call has ended.
    pub(super) fn has_counted(&self) -> bool {
        let Lists { there, gone } = &*self.0.lock();
        !gone.is_empty() || there.iter().any(|times| Ended::ALL.iter().any(|ended| times.of(*ended).count() > 0))
    }
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured").finish_non_exhaustive()
    }
}

/// What one measure has measured, as long as it is there. Dropped, it stays in the sums of its name.
#[derive(Debug)]
pub(crate) struct Measuring<T: Times + 'static> {
    times: Arc<T>,
    of: &'static Measured,
}

impl<T: Times> Measuring<T> {
    pub(crate) fn new(times: T, of: &'static Measured) -> Self {
        let times = Arc::new(times);
        of.0.lock().there.push(Arc::<T>::clone(&times));
        Self { times, of }
    }

    /// Another one of the same name.
    pub(crate) fn another(&self, times: T) -> Self {
        Self::new(times, self.of)
    }
}

impl<T: Times> Deref for Measuring<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.times
    }
}

impl<T: Times> Drop for Measuring<T> {
    fn drop(&mut self) {
        let Lists { there, gone } = &mut *self.of.0.lock();
        there.retain(|times| !ptr::addr_eq(Arc::as_ptr(times), Arc::as_ptr(&self.times)));
        for ended in Ended::ALL {
            let times = self.times.of(ended);
            if times.count() > 0 {
                let sum = gone.remove(&ended).unwrap_or_else(Durations::none);
                gone.insert(ended, sum.and(&times));
            }
        }
    }
}
