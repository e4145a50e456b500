mod disk;
mod failing;
mod sharing;

use crate::name::Name;
use crate::store::Space;

fn space() -> Space {
    Space::new("test", Name::new("records").unwrap())
}
