//! The one document: its style and its script are in it, and the policy lets no other run.

use std::sync::LazyLock;

use bytes::Bytes;

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Nothing is loaded from anywhere, and only the page's own script and style, named by their SHA-256, are heeded.
pub(super) const POLICY: &str = concat!(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; img-src data:; ",
    "require-trusted-types-for 'script'; ",
    "script-src 'sha256-6OYNW/LPxExgysB4Ar6cu//jnwsGv1siQqoh3iSa4lc='; ",
    "style-src 'sha256-i1SPedUWhqFKR8oerJkS6bRUnAFMrCgI8vEImTZlnRo='"
);

pub(super) static DOCUMENT: LazyLock<Bytes> =
    LazyLock::new(|| HTML.replace("/* style */", STYLE).replace("/* script */", SCRIPT).into());
