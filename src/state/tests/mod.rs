//! Claims about the decisions, one test a sentence.

mod attempts;
mod budget;
mod circuit;
mod permits;
mod rules;
mod stripes;
mod window;
