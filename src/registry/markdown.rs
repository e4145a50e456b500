//! A timeline as Markdown.

use std::fmt::{self, Display, Write};

use super::rfc3339::Rfc3339;
use super::timeline::{Failure, Happening, Timeline};
use crate::event::shown;
use crate::name::Name;
use crate::source::Kind;

impl Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Timeline\n\nFrom {} to {}.\n\n## Failures\n", Rfc3339(self.from), Rfc3339(self.to))?;
        let head = "| began | lasted | where | why | calls rejected | degraded | lost |\n|---|---|---|---|---|---|---|";
        table(f, "None.", head, &self.failures)?;
        writeln!(f, "\n## What happened\n")?;
        if self.left_out > 0 {
            writeln!(f, "{} things before these are left out.\n", self.left_out)?;
        }
        table(f, "Nothing.", "| at | where | what |\n|---|---|---|", &self.happenings)
    }
}

fn table(f: &mut fmt::Formatter<'_>, none: &str, head: &str, rows: &[impl Display]) -> fmt::Result {
    if rows.is_empty() {
        return writeln!(f, "{none}");
    }
    writeln!(f, "{head}")?;
    rows.iter().try_for_each(|row| writeln!(f, "{row}"))
}

/// A row of a table in Markdown.
impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, key, began, ended, lasted, reason, rejected, degraded, lost } = self;
        let (began, place) = (Rfc3339(*began), Place(*kind, *name, key.as_deref()));
        let so_far = if ended.is_none() { ", goes on" } else { "" };
        let (lasted, reason) = (shown(*lasted), reason.replace('_', " "));
        let known = |count: Option<u64>| count.map_or("not known".to_owned(), |count| count.to_string());
        let (degraded, lost) = (known(*degraded), known(*lost));
        write!(f, "| {began} | {lasted}{so_far} | {place} | {reason} | {rejected} | {degraded} | {lost} |")
    }
}

/// A row of a table in Markdown.
impl Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, kind, name, key, what } = self;
        write!(f, "| {} | {} | {} |", Rfc3339(*at), Place(*kind, *name, key.as_deref()), Cell(what))
    }
}

/// An instance.
struct Place<'a>(Kind, Name, Option<&'a str>);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(kind, name, key) = self;
        write!(f, "{} {}", kind.as_str(), Cell(name.as_str().escape_debug()))?;
        key.map_or(Ok(()), |key| write!(f, " of {}", Cell(key.escape_debug())))
    }
}

/// Text that has no control characters, as one that means nothing to Markdown, to the tables and links of GitHub's, or to HTML.
pub(crate) struct Cell<T>(pub(crate) T);

impl<T: Display> Display for Cell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escape { out: f, before: ' ' }, "{}", self.0)
    }
}

struct Escape<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
    before: char,
}

impl Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            // A dot is harmless but in `www.`, which becomes a link.
            let is_harmless =
                matches!(c, '-' | ',' | '(' | ')' | '%' | '\'' | '/' | '=') || c == '.' && self.before != 'w';
            if c.is_ascii_punctuation() && !is_harmless {
                self.out.write_char('\\')?;
            }
            self.out.write_char(c)?;
            self.before = c.to_ascii_lowercase();
        }
        Ok(())
    }
}
