//! What a thing went through, and what follows from it.

mod figures;

pub use self::figures::Figures;
