//! A picture of one policy, drawn by plotters. Its units are half pixels, because plotters rounds to whole ones.

use std::io;
use std::ops::Range;

use plotters::prelude::{
    AreaSeries, ChartBuilder, Color as _, DrawingArea, DrawingAreaErrorKind, IntoDrawingArea as _,
    IntoFont as _, LineSeries, Rectangle, SVGBackend, TRANSPARENT, TextStyle,
};
use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged as _;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Mark;
use super::axis::{Axis, pixels};
use super::color::{Color, GRID, INK, QUIET, SHADE};

type Error = DrawingAreaErrorKind<io::Error>;

/// Points that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) color: Color,
    pub(crate) shape: Shape,
    pub(crate) points: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Down to the foot of the picture.
    Area,
    /// So thick.
    Line(u32),
}

/// What the pictures of a row share. An axis without labels takes no room.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) size: (u32, u32),
    pub(crate) time: &'a Axis,
    pub(crate) amounts: &'a Axis,
    pub(crate) marks: &'a [Mark],
}

/// The room for the labels of amounts. It is the same in all pictures, so that the times of a column stand one below the other.
const LEFT: u32 = 92;
const RIGHT: u32 = 28;
const TEXT: u32 = 24;

impl Frame<'_> {
    /// The picture as SVG.
    pub(crate) fn draw(&self, layers: Vec<Layer>) -> Result<String, Error> {
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, self.size).into_drawing_area();
            self.name_marks(&area)?;
            self.draw_on(&area, layers)?;
            area.present()?;
        }
        Ok(svg)
    }

    fn draw_on(&self, area: &DrawingArea<SVGBackend<'_>, Shift>, layers: Vec<Layer>) -> Result<(), Error> {
        let mut chart = ChartBuilder::on(area)
            .margin_top(self.top())
            .margin_right(RIGHT)
            .y_label_area_size(LEFT)
            .x_label_area_size(if self.time.is_bare() { 0 } else { 42 })
            .build_cartesian_2d(self.time.clone(), self.amounts.clone())?;
        let Range { start: foot, end: top } = self.amounts.range();
        let shades = self.marks.iter().map(|mark| [(mark.from, foot), (mark.to, top)]);
        chart.draw_series(shades.map(|corners| Rectangle::new(corners, SHADE.rgb().filled())))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.rgb())
            .axis_style(QUIET.rgb())
            .label_style(text(QUIET))
            .draw()?;
        for Layer { color, shape, points } in layers {
            match shape {
                Shape::Area => chart.draw_series(AreaSeries::new(points, foot, color.rgb()))?,
                Shape::Line(width) => chart.draw_series(LineSeries::new(points, color.rgb().stroke_width(width)))?,
            };
        }
        Ok(())
    }

    /// The room for the names of marks.
    fn top(&self) -> u32 {
        if self.time.is_bare() { 0 } else { TEXT + 12 }
    }

    /// Each above its beginning, unless the name before it needs the room.
    fn name_marks(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), Error> {
        if self.time.is_bare() {
            return Ok(());
        }
        let room = f64::from(self.size.0 - LEFT - RIGHT);
        let mut free = 0.0;
        for mark in self.marks {
            let width = mark.what.chars().map(|_| f64::from(TEXT) * 0.55).sum::<f64>();
            let from = (self.time.share(mark.from) * room).min(room - width);
            if from >= free {
                free = from + width + f64::from(TEXT);
                let place = (pixels(f64::from(LEFT) + from), pixels(f64::from(TEXT)));
                area.draw_text(&mark.what, &text(INK).pos(Pos::new(HPos::Left, VPos::Bottom)), place)?;
            }
        }
        Ok(())
    }
}

/// Plotters divides the size of a font by 1.24 when it writes it.
fn text(color: Color) -> TextStyle<'static> {
    ("sans-serif", f64::from(TEXT) * 1.24).into_font().color(&color.rgb())
}
