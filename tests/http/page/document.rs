//! The document: one file that asks nothing of elsewhere.

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};

use super::*;

async fn document() -> Said {
    get(&open(&Registry::new()), "/").await
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

fn script(document: &str) -> &str {
    between(document, "<script>", "</script>")
}

fn style(document: &str) -> &str {
    between(document, "<style>", "</style>")
}

#[tokio::test]
async fn the_policy_names_the_script_and_the_style() {
    let said = document().await;
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    let policy = said.header("content-security-policy").unwrap();
    for (directive, text) in [("script-src", script(&said.text)), ("style-src", style(&said.text))] {
        let part = format!("{directive} {}", hash(text));
        assert!(policy.split("; ").any(|own| own == part), "{part} in {policy}");
    }
}

#[tokio::test]
async fn script_and_style_stay_under_40_kb() {
    let text = document().await.text;
    let size = script(&text).len() + style(&text).len();
    assert!((10_000..40_000).contains(&size), "{size} bytes");
}

#[tokio::test]
async fn the_document_asks_nothing_of_elsewhere() {
    let text = document().await.text.replace("http://www.w3.org/2000/svg", "");
    for reference in ["http:", "https:", "\"//", "@import", "url(", " src=", "<link rel=\"stylesheet"] {
        assert!(!text.contains(reference), "{reference}");
    }
}

#[tokio::test]
async fn no_text_is_ever_read_as_html() {
    let text = document().await.text;
    for way in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc", "DOMParser"]
    {
        assert!(!text.contains(way), "{way}");
    }
    for inline in [" style=\"", " onclick", " onload", "javascript:"] {
        assert!(!text.contains(inline), "{inline} is not covered by the policy");
    }
}

#[tokio::test]
async fn a_tab_has_one_stream() {
    assert_eq!(document().await.text.matches("new EventSource(").count(), 1);
}
