//! In place of the page, without its feature.

use tower::BoxError;

use crate::report::Table;

/// A page that is never there.
pub(crate) enum Shown {}

impl Shown {
    #[expect(clippy::unused_async, reason = "with the feature it serves")]
    pub(crate) async fn serve() -> Result<Self, BoxError> {
        Err("`--page` needs the feature `page`".into())
    }

    #[expect(clippy::unused_async, reason = "with the feature it compares")]
    pub(crate) async fn compare(self, _: &Table) -> Result<Option<String>, BoxError> {
        match self {}
    }
}
