mod drain;
mod health;
mod replay;
