//! Texts from outside in a run: secrets of each kind and hostile characters, searched for in
//! all that commands print and write.

mod projects;
mod readers;
mod running;
