//! What a stack tells of itself: its layers with their settings, and their handles.

use std::fmt;

use super::layer::StandardLayer;
use super::part::Part;
use crate::call::Handled;
use crate::name::Name;
use crate::registry::Registry;
use crate::setting::Setting;

/// The handles of a stack's parts; `()` where a part is switched off.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Handles<F, Q, R, G, C, H, B> {
    /// The [handle](crate::FallbackHandle) of the fallback.
    pub fallback: F,
    /// The [handle](crate::RateLimitHandle) of the rate limit.
    pub rate_limit: Q,
    /// The [budget](crate::Budget) of the retry, if it has one.
    pub budget: R,
    /// The [handle](crate::HedgeHandle) of the hedge.
    pub hedge: G,
    /// The [handle](crate::CircuitHandle) of the circuit breaker.
    pub circuit: C,
    /// The [handle](crate::ThrottleHandle) of the throttle.
    pub throttle: H,
    /// The [handle](crate::BulkheadHandle) of the bulkhead.
    pub bulkhead: B,
}

/// A stack as a value. Its `Display` has a line for each layer, from the outermost to the innermost.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// The name of the stack.
    pub name: Name,
    /// Its layers, from the outermost to the innermost.
    pub layers: Vec<Described>,
}

/// A layer of a stack.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Described {
    /// Where it stands.
    pub place: Place,
    /// Its settings.
    pub settings: Vec<Setting>,
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        self.layers.iter().try_for_each(|layer| write!(f, "\n  {layer}"))
    }
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        for (number, setting) in self.settings.iter().enumerate() {
            write!(f, "{} {setting}", if number == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

/// The table of places: the text that a description shows.
macro_rules! places {
    ($($(#[$doc:meta])+ $place:ident: $text:literal;)+) => {
        /// The places of a stack, from the outermost to the innermost.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Place {
            $($(#[$doc])+ $place,)+
        }

        impl fmt::Display for Place {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$place => $text,)+
                })
            }
        }
    };
}

places! {
    /// Turns errors into responses.
    Answers: "answers";
    /// Answers whenever everything inside failed.
    Fallback: "fallback";
    /// Takes the caller's deadline from the request.
    DeadlineTaken: "deadline taken";
    /// Limits the whole call.
    TotalTimeout: "total timeout";
    /// Lets calls pass at a rate.
    RateLimit: "rate limit";
    /// Sends a call again.
    Retry: "retry";
    /// Sends an attempt a second time when it takes too long.
    Hedge: "hedge";
    /// Counts each attempt.
    CircuitBreaker: "circuit breaker";
    /// Sends about as many attempts as the service takes.
    Throttle: "throttle";
    /// Holds a place while an attempt runs.
    Bulkhead: "bulkhead";
    /// Limits one attempt.
    AttemptTimeout: "attempt timeout";
    /// Tells the service in the request how much time is left.
    DeadlineSent: "deadline sent";
}

impl<E, N, F, D, T, Q, R, G, C, H, B, L, O> StandardLayer<E, (N, F, D, T, Q), R, (G, C, H, B, L, O)>
where
    F: Handled,
    Q: Handled,
    R: Handled,
    G: Handled,
    C: Handled,
    H: Handled,
    B: Handled,
{
    /// Returns the handles of all parts that have one.
    pub fn handles(&self) -> Handles<F::Handle, Q::Handle, R::Handle, G::Handle, C::Handle, H::Handle, B::Handle> {
        let (_, fallback, .., rate) = &self.whole;
        let (hedge, circuit, throttle, bulkhead, ..) = &self.attempt;
        Handles {
            fallback: fallback.handle(),
            rate_limit: rate.handle(),
            budget: self.retry.handle(),
            hedge: hedge.handle(),
            circuit: circuit.handle(),
            throttle: throttle.handle(),
            bulkhead: bulkhead.handle(),
        }
    }
}

impl<E, N, F, D, T, Q, R, G, C, H, B, L, O> StandardLayer<E, (N, F, D, T, Q), R, (G, C, H, B, L, O)>
where
    N: Part,
    F: Part,
    D: Part,
    T: Part,
    Q: Part,
    R: Part,
    G: Part,
    C: Part,
    H: Part,
    B: Part,
    L: Part,
    O: Part,
{
    /// Describes the stack: each layer, its settings, and its place.
    pub fn describe(&self) -> Description {
        let described = |(place, part): (_, &dyn Part)| Some(Described { place, settings: part.settings()? });
        Description { name: self.name, layers: self.parts().into_iter().filter_map(described).collect() }
    }

    /// Lists all layers of the stack in this registry, also those that are added later.
    ///
    /// The layers are built anew. A rate limit, a hedge and a throttle are listed where their own builders say. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        let Self { name, end, whole: (answers, fallback, taken, total, rate), retry, attempt, .. } = self;
        let (hedge, circuit, throttle, bulkhead, limit, sent) = attempt;
        Self {
            name,
            end,
            whole: (
                answers.listed_in(registry),
                fallback.listed_in(registry),
                taken.listed_in(registry),
                total.listed_in(registry),
                rate.listed_in(registry),
            ),
            retry: retry.listed_in(registry),
            attempt: (
                hedge.listed_in(registry),
                circuit.listed_in(registry),
                throttle.listed_in(registry),
                bulkhead.listed_in(registry),
                limit.listed_in(registry),
                sent.listed_in(registry),
            ),
            registry: registry.clone(),
        }
    }

    fn parts(&self) -> [(Place, &dyn Part); 12] {
        let (answers, fallback, taken, total, rate) = &self.whole;
        let (hedge, circuit, throttle, bulkhead, limit, sent) = &self.attempt;
        [
            (Place::Answers, answers),
            (Place::Fallback, fallback),
            (Place::DeadlineTaken, taken),
            (Place::TotalTimeout, total),
            (Place::RateLimit, rate),
            (Place::Retry, &self.retry),
            (Place::Hedge, hedge),
            (Place::CircuitBreaker, circuit),
            (Place::Throttle, throttle),
            (Place::Bulkhead, bulkhead),
            (Place::AttemptTimeout, limit),
            (Place::DeadlineSent, sent),
        ]
    }
}
