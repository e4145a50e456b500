//! The report: one page of HTML that shows what each policy would have done, for somebody who has five minutes.
//!
//! The verdict stands first, then the totals, then a row for each picture with a column for each policy, on the same axes. The page
//! needs no script and no network, and is the same to the byte for the same numbers.

mod axis;
pub(crate) mod bin;
pub(crate) mod chart;
mod circuit;
pub(crate) mod color;
mod rows;
mod totals;
mod verdict;
pub(crate) mod words;

use std::fmt::Write as _;
use std::time::Duration;

use self::axis::Axis;
use self::bin::Bin;
use self::chart::{Error, Frame};
use self::rows::{ROWS, Row};
use self::words::{escape, time};
use crate::played::Played;
use crate::ranking::RULE;

/// What was played.
#[derive(Clone, Debug)]
pub(crate) struct Story<'a> {
    pub(crate) name: &'a str,
    pub(crate) sentence: &'a str,
    pub(crate) marks: &'a [Mark],
}

/// Something that happened, such as an outage, from when to when since the trace began. Pictures are shaded there.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) what: String,
    pub(crate) from: Duration,
    pub(crate) to: Duration,
}

/// A policy with the bins of its seconds.
struct Column<'a> {
    played: &'a Played,
    bins: Vec<Bin>,
}

/// So many marks are told in words.
const TOLD: usize = 4;

/// The page.
///
/// # Errors
///
/// What plotters says, which writes to memory alone.
pub(crate) fn html(story: &Story<'_>, played: &[Played]) -> Result<String, Error> {
    let seconds = played.iter().map(|played| played.seconds.len()).max().unwrap_or_default() as u64;
    let width = bin::width(seconds);
    let columns: Vec<_> = played.iter().map(|played| Column { played, bins: bin::bins(played, width) }).collect();
    let (name, sentence) = (escape(story.name), escape(story.sentence));
    let mut html = format!(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content='width=device-width'>\n\
         <title>{name}</title>\n<style>\n{}{}</style>\n<main>\n<h1>{name}</h1>\n<p>{sentence}\n<p class=verdict>{}\n{}{}",
        color::style(),
        include_str!("style.css"),
        verdict::sentence(played),
        totals::table(played),
        notes(story, width),
    );
    let time = Axis::time(bin::number(seconds));
    let marks = joined(story.marks, Duration::from_secs(width));
    for row in &ROWS {
        html += &draw_row(row, &columns, &time, &marks)?;
    }
    Ok(html + "</main>\n")
}

/// How the pictures are to be read.
fn notes(story: &Story<'_>, width: u64) -> String {
    let mut notes = format!(
        "<p class=notes>{RULE} Recovery takes from a second in which fewer than half of the calls are good to one in \
         which nine in ten are; &gt; says that it had not come at the end."
    );
    for mark in story.marks.iter().take(TOLD) {
        _ = write!(notes, " Shaded: {}, {} to {}.", escape(&mark.what), time(mark.from), time(mark.to));
    }
    if story.marks.len() > TOLD {
        _ = write!(notes, " So are {} later times.", story.marks.len() - TOLD);
    }
    if width > 1 {
        _ = write!(
            notes,
            " Each step of a picture stands for {width} seconds: areas show their mean, and lines the worst of them, which is the most \
             calls, the longest latency, or the lowest budget or limit. The circuit is shown as open if it was open at all.",
        );
    }
    notes + "\n"
}

/// Between those that are closer to each other than this, nothing could be seen.
fn joined(marks: &[Mark], gap: Duration) -> Vec<Mark> {
    let mut joined: Vec<Mark> = Vec::new();
    for mark in marks {
        match joined.last_mut() {
            Some(last) if last.what == mark.what && mark.from < last.to.saturating_add(gap) => {
                last.to = last.to.max(mark.to);
            }
            _ => joined.push(mark.clone()),
        }
    }
    joined
}

/// Nothing where no policy has anything to show.
fn draw_row(row: &Row, columns: &[Column<'_>], time: &Axis, marks: &[Mark]) -> Result<String, Error> {
    let bins = || columns.iter().flat_map(|column| &column.bins);
    let amounts: Vec<_> = row.series.iter().flat_map(|series| bins().filter_map(series.value)).collect();
    if amounts.is_empty() {
        return Ok(String::new());
    }
    let amounts = (row.axis)(&amounts);
    let has_circuit = row.has_circuit && bins().any(|bin| bin.phase.is_some());
    // Three fit beside each other. A picture is as wide as its column, and must not become so small that its labels cannot be read.
    let frame = Frame { width: if columns.len() > 3 { 600 } else { 800 }, time, amounts: &amounts, marks };
    let (least, most) = (frame.width * 9 / 20, u64::from(frame.width * 11 / 20) * columns.len() as u64);
    let mut html = format!("<h2>{} <small>{}</small></h2>\n<p class=legend>", row.title, row.unit);
    let shown = row.series.iter().filter(|series| bins().any(|bin| (series.value)(bin).is_some()));
    let circuit = circuit::LEGEND.into_iter().filter(|_| has_circuit);
    for (color, name) in shown.map(|series| (series.color, series.name)).chain(circuit) {
        _ = write!(html, "<span><i class={}></i>{name}</span>", color.name);
    }
    _ = writeln!(html, "\n<div class=row style='--least:{least}px;max-width:{most}px'>");
    for column in columns {
        html += &draw_figure(row, column, &frame, has_circuit)?;
    }
    Ok(html + "</div>\n")
}

fn draw_figure(row: &Row, column: &Column<'_>, frame: &Frame<'_>, has_circuit: bool) -> Result<String, Error> {
    let Column { played, bins } = column;
    let (title, policy, says) = (row.title, escape(&played.policy), (row.says)(played));
    let layers = row.series.iter().flat_map(|series| series.layers(bins)).collect();
    let mut pictures = frame.picture(layers)?;
    if has_circuit {
        pictures += &Frame { amounts: &Axis::amount(&[1.0]), ..frame.clone() }.circuit(circuit::blocks(bins))?;
    }
    Ok(format!(
        "<figure><figcaption><b>{policy}</b> {says}</figcaption>\n\
         <div role=img aria-label=\"{title}, {policy}: {says}\">\n{pictures}</div></figure>\n"
    ))
}
