//! The aggregators on loopback, in one test program.

mod common;
mod crash;
mod hostile;
mod loopback;
