//! The store on a file.

mod edges;
mod kills;
mod model;
mod refused;

use palisade::Name;
use palisade::store::Space;

fn space(name: &'static str) -> Space {
    Space::new("test", Name::new(name).unwrap())
}
