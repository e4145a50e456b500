//! The report: one page of HTML that shows what each policy would have done, for somebody who has five minutes.
//!
//! The verdict stands first, then the totals, then a row for each picture with a column for each policy, on the same axes. The page
//! needs no script and no network, and is the same to the byte for the same numbers.

mod axis;
mod bin;
mod chart;
mod color;
mod rows;
mod totals;
mod verdict;
mod words;

use std::fmt::Write as _;
use std::io;

use plotters::prelude::DrawingAreaErrorKind;

use self::axis::Axis;
use self::chart::Frame;
use self::rows::{CIRCUIT, Column, Row};
use self::words::{count, escape};
use crate::played::Played;

/// What was played.
#[derive(Clone, Debug)]
pub(crate) struct Story<'a> {
    pub(crate) name: &'a str,
    pub(crate) sentence: &'a str,
    pub(crate) marks: &'a [Mark],
}

/// Something that happened in the trace, such as an outage, in seconds since it began. Pictures are shaded there.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) what: String,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

/// The page.
///
/// # Errors
///
/// What plotters says, which writes to memory alone.
pub(crate) fn html(story: &Story<'_>, played: &[Played]) -> Result<String, DrawingAreaErrorKind<io::Error>> {
    let seconds = played.iter().map(|played| played.seconds.len()).max().unwrap_or_default() as u64;
    let width = bin::width(seconds);
    let columns: Vec<_> =
        played.iter().map(|played| Column { played, bins: bin::bins(&played.seconds, width) }).collect();
    let name = escape(story.name);
    let mut html = format!(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content='width=device-width'>\n\
         <title>{name}</title>\n<style>\n{}{}</style>\n<h1>{name}</h1>\n<p>{}\n<p class=verdict>{}\n",
        color::style(),
        include_str!("style.css"),
        escape(story.sentence),
        verdict::sentence(played),
    );
    html += &totals::table(played);
    let time = Axis::time(bin::number(seconds));
    for (nth, row) in rows::rows(&columns).iter().enumerate() {
        let frame = Frame { size: (size(columns.len()), 320), time: &time, amounts: &row.amounts, marks: story.marks };
        draw_row(&mut html, row, &frame, &columns, nth == 0)?;
    }
    html += &notes(story, width);
    Ok(html)
}

/// How wide a picture is, in half pixels: three fit beside each other.
fn size(columns: usize) -> u32 {
    if columns > 3 { 600 } else { 800 }
}

fn draw_row(
    html: &mut String,
    row: &Row,
    frame: &Frame<'_>,
    columns: &[Column<'_>],
    has_circuit: bool,
) -> Result<(), DrawingAreaErrorKind<io::Error>> {
    _ = write!(html, "<h2>{} <small>{}</small></h2>\n<p class=legend>", row.title, row.unit);
    let circuit = has_circuit && columns.iter().any(|column| column.bins.iter().any(|bin| bin.phase.is_some()));
    for (color, name) in row.legend {
        _ = write!(html, "<span><i class={}></i>{name}</span>", color.name);
    }
    if circuit {
        html.push_str("<span>circuit:</span>");
        for (color, name) in CIRCUIT {
            _ = write!(html, "<span><i class={}></i>{name}</span>", color.name);
        }
    }
    html.push_str("\n<div class=row>\n");
    for column in columns {
        let (policy, says) = (escape(&column.played.policy), (row.says)(column.played));
        _ = write!(html, "<figure><figcaption><b>{policy}</b> {says}</figcaption>\n");
        html.push_str(&frame.draw((row.layers)(&column.bins))?);
        if circuit {
            let (time, amounts) = (frame.time.bare(), Axis::amount(2.0).bare());
            let frame = Frame { size: (frame.size.0, 36), time: &time, amounts: &amounts, marks: &[] };
            html.push_str(&frame.draw(rows::circuit(&column.bins))?);
        }
        html.push_str("</figure>\n");
    }
    html.push_str("</div>\n");
    Ok(())
}

/// How the pictures are to be read.
fn notes(story: &Story<'_>, width: u64) -> String {
    let mut notes = format!("<footer><p>{} The best of each line of the table is bold.", verdict::RULE);
    for mark in story.marks {
        _ = write!(notes, " Shaded: {} from {} s to {} s.", escape(&mark.what), mark.from, mark.to);
    }
    if width > 1 {
        _ = write!(
            notes,
            "<p>Each step of a picture stands for {} seconds. Areas show their mean; lines show the worst of them: the most calls, \
             the longest latency, the lowest budget or limit, and the most closed-off phase of the circuit.",
            count(width)
        );
    }
    notes + "</footer>\n"
}
