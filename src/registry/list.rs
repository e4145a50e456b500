//! The list of instances, and what each kind and name has counted.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::{Arc, Weak}; // a model's own cannot point to a trait object

use parking_lot::Mutex;

use super::instance::Instance;
use super::listed::Listed;
use super::metrics::{self, Metric};
use super::row::{Family, Row};
use super::sums::Sums;
use crate::cached_arc::are_used;
use crate::event::{self, Event};
use crate::name::Name;
use crate::source::{Kind, Source};

/// Lists the instances of layers. Clones share one list.
#[derive(Clone)]
pub struct Registry {
    /// `None` for that of the process.
    own: Option<Arc<Mutex<Lists>>>,
}

/// That of the process. It is not `sync`'s: a static needs a constructor that is `const`, and no model checks it.
static GLOBAL: Mutex<Lists> = Mutex::new(Lists::new());

struct Lists {
    rows: BTreeMap<(Kind, Name), &'static Row>,
    families: BTreeMap<Name, &'static Family>,
    instances: Vec<Weak<dyn Listed>>,
    /// How many there may be before those that are gone are looked for.
    sweep_at: usize,
    /// Whether it was told that there is no more room.
    is_full: bool,
}

impl Registry {
    /// The most instances that a registry lists.
    pub const CAPACITY: usize = 10_000;

    /// Makes one for some of the layers, to be given to their builders.
    pub fn new() -> Self {
        Self { own: Some(Arc::new(Mutex::new(Lists::new()))) }
    }

    /// Returns that of the process, which lists all layers whose builders were given no other.
    pub const fn global() -> Self {
        Self { own: None }
    }

    /// Returns all instances at this moment, by their kinds and names.
    ///
    /// After a layer per key come those of its keys that are worst off, at most 20, if it shows its keys.
    pub fn instances(&self) -> Vec<Instance> {
        let mut used = self.used();
        used.sort_by_key(|instance| (instance.row().kind(), instance.row().name()));
        used.iter().flat_map(|instance| instance.instances()).collect()
    }

    /// What is given to an instance that is being built.
    pub(crate) fn listing(&self, kind: Kind, name: Name) -> Listing {
        Listing { source: Source::new(kind, name), registry: self.clone(), is_listed: true }
    }

    /// Where the instances of this name count; `None` if it is no name.
    pub(crate) fn row_of(&self, kind: Kind, name: &str) -> Option<&'static Row> {
        let name = Name::new(name.to_owned()).ok()?;
        Some(self.row(Source::new(kind, name)))
    }

    fn row(&self, source: Source<'static>) -> &'static Row {
        let Lists { rows, families, .. } = &mut *self.lists().lock();
        let family = families.entry(source.name()).or_insert_with(|| Box::leak(Box::default()));
        rows.entry((source.kind(), source.name())).or_insert_with(|| Row::leak(source, family))
    }

    /// Lists an instance, if there is room.
    fn list(&self, source: Source<'_>, instance: Weak<dyn Listed>) {
        let mut lists = self.lists().lock();
        lists.sweep();
        let is_full = lists.instances.len() >= Self::CAPACITY;
        let was_full = mem::replace(&mut lists.is_full, is_full);
        if !is_full {
            lists.instances.push(instance);
        }
        drop(lists);
        if is_full && !was_full {
            event::tell(source, &Event::NotListed { capacity: Self::CAPACITY });
        }
    }

    /// Returns all metrics, of each name that an instance has, or under which anything was counted.
    ///
    /// This is what an exporter walks. [`Metric`] has the table of all.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{BulkheadLayer, Registry, registry::Reading};
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let registry = Registry::new();
    /// let layer = BulkheadLayer::builder(8).registry(&registry).build()?;
    /// let metrics = registry.metrics();
    /// let limit = metrics.iter().find(|metric| metric.name == "palisade_bulkhead_limit");
    /// assert_eq!(limit.map(|metric| &metric.samples[0].value), Some(&Reading::Level(8.0)));
    /// # drop(layer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn metrics(&self) -> Vec<Metric> {
        let (sums, mut rows) = self.read();
        rows.retain(|row| is_seen(row, &sums));
        metrics::of(&rows, &sums, |_| None)
    }

    /// The gauges of all instances, and the rows that somebody who looked has seen.
    pub(super) fn read(&self) -> (Sums, Vec<&'static Row>) {
        let (sums, mut rows) = (self.look().gauges(), self.rows());
        rows.retain(|row| row.was_seen(is_seen(row, &sums)));
        (sums, rows)
    }

    /// All kinds and names that there were, in their order.
    pub(crate) fn rows(&self) -> Vec<&'static Row> {
        self.lists().lock().rows.values().copied().collect()
    }

    /// The instances that somebody has, beside threads that keep clones for later.
    pub(super) fn used(&self) -> Vec<Arc<dyn Listed>> {
        let instances = self.lists().lock().instances.clone();
        let used = instances.iter().zip(are_used(&instances)).filter(|(_, is_used)| *is_used);
        used.filter_map(|(instance, _)| instance.upgrade()).collect()
    }

    fn lists(&self) -> &Mutex<Lists> {
        self.own.as_deref().unwrap_or(&GLOBAL)
    }
}

/// Whether an instance counts at this row, or any ever has.
fn is_seen(row: &Row, sums: &Sums) -> bool {
    sums.get(row).is_some() || row.has_counted()
}

impl Lists {
    const fn new() -> Self {
        Self { rows: BTreeMap::new(), families: BTreeMap::new(), instances: Vec::new(), sweep_at: 16, is_full: false }
    }

    /// Forgets the instances that are gone, if they may be as many as those that are not.
    fn sweep(&mut self) {
        if self.instances.len() >= self.sweep_at.min(Registry::CAPACITY) {
            self.instances.retain(|instance| instance.strong_count() > 0);
            self.sweep_at = 16.max(2 * self.instances.len());
        }
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("is_global", &self.own.is_none()).finish_non_exhaustive()
    }
}

/// What a builder gives to an instance: what it is called, and the registry that lists it.
#[derive(Debug)]
pub struct Listing {
    source: Source<'static>,
    registry: Registry,
    /// Not for the model of the limits that keys have: no call passes it.
    is_listed: bool,
}

impl Listing {
    pub(crate) const fn name(&self) -> Name {
        self.source.name()
    }

    /// Where the instance counts. What does not count never asks for it, so the metrics have no row of it.
    pub(crate) fn row(&self) -> &'static Row {
        self.registry.row(self.source)
    }

    /// One of the same name for a layer per key, which is listed in place of this one.
    pub(crate) fn for_keys(&mut self) -> Self {
        self.is_listed = false;
        self.registry.listing(Kind::PerKey, self.name())
    }

    pub(crate) const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Lists the instance that was made.
    pub(crate) fn list<T: Listed + 'static>(&self, instance: Weak<T>) {
        if self.is_listed {
            self.registry.list(self.source, instance);
        }
    }
}
