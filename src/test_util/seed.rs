//! The seed of a test.

use std::{env, fmt};

use rand::RngExt;

use crate::backoff::generator;
use crate::state::draws::{STEP, mix};

/// The variable that holds the seed of a run that shall be repeated.
const VARIABLE: &str = "PALISADE_SEED";

/// Draws the numbers of a test, which can be drawn again when the test fails.
///
/// Each run has a seed of its own, and prints it; the test runner shows what a test printed where it fails. The environment variable
/// `PALISADE_SEED` sets the seed of a run to that number. One seed gives the same numbers on every machine. Take one in each test, and its
/// [parts](Self::part): the variable would make two of them the same.
///
/// The numbers are those of `SplitMix64` (Steele, Lea and Flood, 2014). They are not for secrets.
///
/// # Examples
///
/// ```
/// use palisade::RetryLayer;
/// use palisade::test_util::Seed;
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// // Prints `PALISADE_SEED=` and a number. When the test fails: `PALISADE_SEED=the-number cargo test its-name`
/// let mut seed = Seed::new();
/// let retry = RetryLayer::builder("payments").seed(seed.next_u64()).build()?;
/// let fails = seed.fraction() < 0.1;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Seed(u64);

impl Seed {
    /// Takes the seed from `PALISADE_SEED`, or by chance where it is not set, and prints it to the standard error.
    ///
    /// # Panics
    ///
    /// Panics when `PALISADE_SEED` holds no number, or one that is too large: a test that shall be repeated must not be another.
    #[expect(clippy::new_without_default, reason = "a default would be the same each time")]
    pub fn new() -> Self {
        let seed = match env::var(VARIABLE) {
            Ok(text) => {
                text.parse().unwrap_or_else(|_| panic!("{VARIABLE} is `{text}`, and must be from 0 to {}", u64::MAX))
            }
            Err(env::VarError::NotPresent) => generator(None).random(),
            Err(error) => panic!("{VARIABLE}: {error}"),
        };
        eprintln!("{VARIABLE}={seed}");
        Self(seed)
    }

    /// Takes this seed, whatever the environment says: for a test that needs the same numbers in each run.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::test_util::Seed;
    ///
    /// assert_eq!(Seed::fixed(7).next_u64(), Seed::fixed(7).next_u64());
    /// ```
    pub const fn fixed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, of all that there are with the same chance. The `seed` of a layer takes one.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// The next number, from 0 and less than 1: below 0.1 in one of ten.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::test_util::Seed;
    ///
    /// let mut seed = Seed::new();
    /// let few = (0..10_000).filter(|_| seed.fraction() < 0.1).count();
    /// assert!((700..1_300).contains(&few));
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub const fn fraction(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A seed for a part of the test, such as one of its threads: the same however many numbers other parts draw. It depends on how many
    /// this one has drawn before.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use palisade::test_util::Seed;
    ///
    /// let seed = Seed::new();
    /// thread::scope(|scope| {
    ///     for number in 0..4 {
    ///         let mut own = seed.part(number);
    ///         scope.spawn(move || own.fraction());
    ///     }
    /// });
    /// ```
    pub const fn part(&self, number: u64) -> Self {
        Self(mix(self.0 ^ mix(number.wrapping_add(STEP))))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seed({})", self.0)
    }
}
