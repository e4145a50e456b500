//! Takes snapshots of a registry, and gives them back.

use std::collections::BTreeMap;
use std::sync::Arc; // a model's own cannot point to a trait object

use super::{Keep, Restoring, Saved, Snapshot, VERSION, WhyLeftOut, tell_left_out};
use crate::event::{self, Event};
use crate::registry::list::Registry;
use crate::registry::listed::Listed;
use crate::source::Source;

/// The most that an event names of what is left out.
const NAMED: usize = 10;

/// What a registry has made of a snapshot.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Restored {
    /// The instances that go on from it.
    pub instances: Vec<Source<'static>>,
    /// What was left out.
    pub left_out: Vec<LeftOut>,
}

/// An instance of a snapshot that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Its kind, in the words of the snapshot.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Why.
    pub why: WhyLeftOut,
}

impl Registry {
    /// Takes a snapshot of what the listed instances keep over a restart.
    ///
    /// The page of the [registry](crate::registry#over-a-restart) says what that is.
    pub fn snapshot(&self) -> Snapshot {
        let saved = |instance: &Arc<dyn Listed>| {
            let source = instance.row().source;
            let (kind, name) = (source.kind().as_str().to_owned(), source.name().as_str().to_owned());
            instance.keep().map(|keep| Saved { kind, name, state: keep.save() })
        };
        let mut instances: Vec<_> = self.used().iter().filter_map(saved).collect();
        instances.sort_by(|one, other| (&one.kind, &one.name).cmp(&(&other.kind, &other.name)));
        Snapshot::new(instances)
    }

    /// Lets the listed instances go on from where those of the same kinds and names were when the snapshot was taken.
    ///
    /// Do it once all layers are built, before the first call. Whatever is wrong with the snapshot, the instances work: what is left out
    /// starts anew, and is told in what this returns and in an event [`LeftOut`](Event::LeftOut) for each reason. Each instance that
    /// goes on tells an event [`Restored`](Event::Restored).
    pub fn restore(&self, snapshot: &Snapshot) -> Restored {
        let used = self.used();
        let kept = by_name(used.iter().filter_map(|instance| Some((instance.row().source, instance.keep()?))));
        let age = if snapshot.version > VERSION { Err(WhyLeftOut::Newer) } else { snapshot.age() };
        let mut restored = Restored::default();
        for (saved, is_only) in snapshot.each() {
            let goes_on = age.and_then(|age| {
                let instances = kept.get(&(&*saved.kind, &*saved.name)).ok_or(WhyLeftOut::Unknown)?;
                let [(source, keep)] = instances[..] else { return Err(WhyLeftOut::Ambiguous) };
                if !is_only {
                    return Err(WhyLeftOut::Ambiguous);
                }
                keep.restore(&Restoring { state: &saved.state, age, forced: snapshot.forced })?;
                event::tell(source, &Event::Restored { age: age.into() });
                Ok(source)
            });
            match goes_on {
                Ok(source) => restored.instances.push(source),
                Err(why) => restored.left_out.push(LeftOut::new(saved, why)),
            }
        }
        restored.tell_left_out();
        restored
    }
}

type Kept<'a> = (Source<'static>, &'a dyn Keep);

fn by_name<'a>(instances: impl Iterator<Item = Kept<'a>>) -> BTreeMap<(&'static str, &'static str), Vec<Kept<'a>>> {
    let mut named: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (source, keep) in instances {
        named.entry((source.kind().as_str(), source.name().as_str())).or_default().push((source, keep));
    }
    named
}

impl Snapshot {
    /// What is saved of each instance, and whether there is no other of its kind and name.
    fn each(&self) -> impl Iterator<Item = (&Saved, bool)> {
        let name = |saved: &Saved| (saved.kind.clone(), saved.name.clone());
        let mut count: BTreeMap<_, usize> = BTreeMap::new();
        for saved in &self.instances {
            *count.entry(name(saved)).or_default() += 1;
        }
        self.instances.iter().map(move |saved| (saved, count[&name(saved)] == 1))
    }
}

impl LeftOut {
    fn new(saved: &Saved, why: WhyLeftOut) -> Self {
        Self { kind: saved.kind.clone(), name: saved.name.clone(), why }
    }
}

impl Restored {
    /// Tells what was left out, once for each reason.
    fn tell_left_out(&self) {
        let mut reasons: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for LeftOut { kind, name, why } in &self.left_out {
            reasons.entry(why.as_str()).or_default().push(format!("{kind} `{name}`"));
        }
        for (why, mut what) in reasons {
            let count = what.len();
            what.truncate(NAMED);
            tell_left_out(why, count, &what.join(", "));
        }
    }
}
