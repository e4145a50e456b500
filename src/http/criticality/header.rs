//! A header in which callers say how much a call matters.

use http::{HeaderName, HeaderValue, Request};

use super::Bodies;
use crate::criticality::{CriticalityLayer, Rank};
use crate::http::headers::set;
use crate::state::criticality::Criticality;

/// A header in which callers say how much a call matters. [`CriticalityLayer::header`] makes it.
#[derive(Clone, Debug)]
pub struct Header {
    name: HeaderName,
    allowed: Criticality,
}

impl CriticalityLayer<Bodies<Header>> {
    /// Reads and writes in this header how much each call matters.
    ///
    /// [The page](crate::http::criticality) has the values.
    pub fn header(name: HeaderName) -> Self {
        Self::of(Bodies(Header { name, allowed: Criticality::Critical }))
    }

    /// Lets the header say at most this.
    ///
    /// Raise it where only services of your own call, and lower it where strangers do. Defaults to
    /// [`Critical`](Criticality::Critical).
    pub fn allow(mut self, most: Criticality) -> Self {
        self.rank.0.allowed = most;
        self
    }
}

impl Header {
    /// What the values of a request's header say. Nobody knows whether what is unknown matters less than others.
    fn stated<B>(&self, request: &Request<B>) -> Option<Criticality> {
        let values = request.headers().get_all(&self.name).iter();
        values.map(|value| Criticality::of_header(value).unwrap_or_default()).min()
    }
}

impl Criticality {
    fn of_header(value: &HeaderValue) -> Option<Self> {
        Self::IN_ORDER.into_iter().find(|class| class.as_str() == value)
    }
}

impl<B> Rank<Request<B>> for Header {
    fn rank(&self, request: &mut Request<B>) -> Criticality {
        let class = match (self.stated(request), Criticality::around()) {
            (None, Some(around)) => around,
            (stated, None) => stated.unwrap_or_default().min(self.allowed),
            (Some(stated), Some(around)) => stated.min(self.allowed).min(around),
        };
        set(request.headers_mut(), &self.name, HeaderValue::from_static(class.as_str()));
        class
    }
}
