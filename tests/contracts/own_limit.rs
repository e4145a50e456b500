//! A limit that is not palisade's own: a user's places, made into a layer by `AdmissionLayer::of`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use palisade::call::{AdmissionLayer, Admit, Guard, Handled};
use palisade::event::{Kind, Source};
use palisade::{Name, Rejection};

use crate::layers::PLACES;
use crate::remains::AtRest;

/// So many calls at a time. Clones share the places.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnLimit {
    taken: Arc<AtomicUsize>,
}

/// Gives its place back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

/// A layer of so many places as every bulkhead has, whose calls end by this protocol.
pub(crate) fn layer<E: Default>() -> AdmissionLayer<OwnLimit, E> {
    AdmissionLayer::of(OwnLimit::default(), E::default())
}

impl<Request> Admit<Request> for OwnLimit {
    type Guard = Place;

    fn admit(&self, _: &Request) -> Result<Place, Rejection> {
        let place = Place(Arc::clone(&self.taken));
        if place.0.fetch_add(1, Ordering::SeqCst) < PLACES {
            return Ok(place);
        }
        let name = Name::new("own limit").expect("it is short");
        Err(Source::new(Kind::Custom, name).reject(None))
    }
}

impl Handled for OwnLimit {
    type Handle = Self;

    fn handle(&self) -> Self {
        self.clone()
    }
}

impl Guard for Place {}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AtRest for OwnLimit {
    fn taken(&self) -> Option<usize> {
        Some(self.taken.load(Ordering::SeqCst))
    }
}
