mod drain;
mod replay;
