//! Shows everything a registry knows on a live page, and steers it.

mod body;
mod document;
mod frame;
mod future;
mod gate;
mod health;
mod live;
mod paths;
mod refusal;
mod reply;
mod scrape;
mod service;
mod steering;
mod trouble;

pub use self::body::PageBody;
pub use self::future::PageFuture;
pub use self::service::Page;
