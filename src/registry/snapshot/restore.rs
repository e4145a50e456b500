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
    /// The page of [this module](self#over-a-restart) says what that is.
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
        let mut named: BTreeMap<_, Vec<(Source<'static>, &dyn Keep)>> = BTreeMap::new();
        for instance in &used {
            let source = instance.row().source;
            let key = (source.kind().as_str(), source.name().as_str());
            named.entry(key).or_default().extend(instance.keep().map(|keep| (source, keep)));
        }
        let mut copies: BTreeMap<_, usize> = BTreeMap::new();
        for Saved { kind, name, .. } in &snapshot.instances {
            *copies.entry((kind.as_str(), name.as_str())).or_default() += 1;
        }
        let age = if snapshot.version > VERSION { Err(WhyLeftOut::Newer) } else { snapshot.age() };
        let mut restored = Restored::default();
        for Saved { kind, name, state } in &snapshot.instances {
            let key = (kind.as_str(), name.as_str());
            let one = match (named.get(&key).map(Vec::as_slice), copies[&key]) {
                (None | Some([]), _) => Err(WhyLeftOut::Unknown),
                (Some([one]), 1) => Ok(one),
                _ => Err(WhyLeftOut::Ambiguous),
            };
            let goes_on = age.and_then(|age| {
                let &(source, keep) = one?;
                keep.restore(&Restoring { state, age, forced: snapshot.forced })?;
                event::tell(source, &Event::Restored { age: age.into() });
                Ok(source)
            });
            match goes_on {
                Ok(source) => restored.instances.push(source),
                Err(why) => restored.left_out.push(LeftOut { kind: kind.clone(), name: name.clone(), why }),
            }
        }
        restored.tell_left_out();
        restored
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
