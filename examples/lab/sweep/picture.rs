//! The sweep as a picture: a block for each setting, a column for each of its values, and a line for each load.
//!
//! The crate's documentation shows it, on pages of any colour: so it has a ground of its own.

use plotters::prelude::{Color as _, IntoDrawingArea as _, IntoFont as _, Rectangle, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Against, Figures, POINT, Swept, Variant};
use crate::report::chart::{Area, Error};
use crate::report::color::{Color, DEGRADED, FAILED, GOOD, INK, LINE, PAPER, QUIET, SHADE};

const CELL: (i32, i32) = (26, 15);
/// The room for the names of loads, and between blocks.
const LEFT: i32 = 290;
const GAP: i32 = 14;
/// The room above a block, for its name and its values, and below it, for its counts.
const HEAD: i32 = 52;
const FOOT: i32 = 52;
const WIDTH: i32 = LEFT + 26 * CELL.0;
const LEGEND: [(Color, &str); 5] = [
    (LINE, "better by 5 points or more"),
    (GOOD, "by 1 or more"),
    (SHADE, "as with the default"),
    (DEGRADED, "worse by 1 point or more"),
    (FAILED, "by 5 or more"),
];

/// The picture as SVG, as wide as its page lets it be.
pub(crate) fn svg(swept: &[Swept]) -> Result<String, Error> {
    let lines = lines(swept);
    let loads = swept.first().and_then(Swept::default).map_or(&[][..], |default| &default.results);
    let height = HEAD + CELL.1 * i32::try_from(loads.len()).unwrap_or(i32::MAX / 4) + FOOT;
    let size = (WIDTH.unsigned_abs(), (height * i32::try_from(lines.len()).unwrap_or(1) + 30).unsigned_abs());
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    area.fill(&PAPER.rgb())?;
    let mut top = 0;
    for line in lines {
        names(&area, top, loads)?;
        let mut left = LEFT;
        for setting in line {
            block(&area, (left, top), setting)?;
            left += width(setting) + GAP;
        }
        top += height;
    }
    legend(&area, top)?;
    area.present()?;
    drop(area);
    Ok(svg.replacen("<svg ", "<svg style=\"max-width:100%;height:auto\" ", 1))
}

/// As many settings in a line as there is room for.
fn lines(swept: &[Swept]) -> Vec<Vec<&Swept>> {
    let (mut lines, mut left): (Vec<Vec<_>>, _) = (Vec::new(), WIDTH);
    for setting in swept {
        if left + width(setting) > WIDTH {
            (lines, left) = ([lines, vec![Vec::new()]].concat(), LEFT);
        }
        left += width(setting) + GAP;
        lines.last_mut().into_iter().for_each(|line| line.push(setting));
    }
    lines
}

fn width(setting: &Swept) -> i32 {
    setting.values.iter().map(|_| CELL.0).sum()
}

fn names(area: &Area<'_>, top: i32, loads: &[Figures]) -> Result<(), Error> {
    let mut foot = top + HEAD;
    for load in loads {
        write(area, &end_of(&load.load), (LEFT - 8, foot + CELL.1 / 2), HPos::Right, INK)?;
        foot += CELL.1;
    }
    write(area, "loads on which it is better", (LEFT - 8, foot + 10), HPos::Right, QUIET)?;
    write(area, "loads on which it is worse", (LEFT - 8, foot + 24), HPos::Right, QUIET)
}

/// What fits before a line. Names differ in their ends.
fn end_of(name: &str) -> String {
    const ROOM: usize = 44;
    match name.chars().count() {
        ..=ROOM => name.to_owned(),
        long => std::iter::once('…').chain(name.chars().skip(long - ROOM)).collect(),
    }
}

fn block(area: &Area<'_>, (left, top): (i32, i32), setting: &Swept) -> Result<(), Error> {
    let (layer, name) = setting.setting.split_once('.').unwrap_or(("", setting.setting));
    write(area, layer, (left, top + 8), HPos::Left, QUIET)?;
    write(area, name, (left, top + 24), HPos::Left, INK)?;
    let top = top + HEAD;
    let mut left = left;
    for value in &setting.values {
        let foot = column(area, (left, top), setting, value)?;
        let middle = left + CELL.0 / 2;
        write(
            area,
            &value.value.to_string(),
            (middle, top - 8),
            HPos::Center,
            if value.is_default { INK } else { QUIET },
        )?;
        if !value.is_default {
            let Against { better, worse } = setting.against_default(value);
            write(area, &better.to_string(), (middle, foot + 10), HPos::Center, INK)?;
            write(area, &worse.to_string(), (middle, foot + 24), HPos::Center, INK)?;
        }
        left += CELL.0;
    }
    Ok(())
}

/// The cells of a value, and where they end.
fn column(area: &Area<'_>, (left, top): (i32, i32), setting: &Swept, value: &Variant) -> Result<i32, Error> {
    let loads = i32::try_from(value.results.len()).unwrap_or(i32::MAX / CELL.1);
    let foot = top + CELL.1 * loads;
    area.draw(&Rectangle::new([(left + 1, top), (left + CELL.0 - 1, foot)], SHADE.rgb().filled()))?;
    for (gain, load) in setting.gains(value).zip(0..) {
        if let Some(color) = color(gain) {
            let cell = top + CELL.1 * load;
            let corners = [(left + 1, cell + 1), (left + CELL.0 - 1, cell + CELL.1 - 1)];
            area.draw(&Rectangle::new(corners, color.rgb().filled()))?;
        }
    }
    if value.is_default {
        area.draw(&Rectangle::new([(left, top - 16), (left + CELL.0, foot)], INK.rgb()))?;
    }
    Ok(foot)
}

/// None where it is as with the default.
fn color(gain: f64) -> Option<Color> {
    match gain {
        gain if gain > 5.0 * POINT => Some(LINE),
        gain if gain > POINT => Some(GOOD),
        gain if gain < -5.0 * POINT => Some(FAILED),
        gain if gain < -POINT => Some(DEGRADED),
        _ => None,
    }
}

fn legend(area: &Area<'_>, top: i32) -> Result<(), Error> {
    let mut left = GAP;
    for (color, name) in LEGEND {
        area.draw(&Rectangle::new([(left, top + 4), (left + 14, top + 18)], color.rgb().filled()))?;
        write(area, name, (left + 20, top + 11), HPos::Left, INK)?;
        left += 40 + name.chars().map(|_| 6).sum::<i32>();
    }
    Ok(())
}

fn write(area: &Area<'_>, text: &str, place: (i32, i32), side: HPos, color: Color) -> Result<(), Error> {
    // Plotters divides the size of a font by 1.24 when it writes it.
    let style = ("sans-serif", 11.0 * 1.24).into_font().color(&color.rgb()).pos(Pos::new(side, VPos::Center));
    area.draw_text(text, &style, place)
}
