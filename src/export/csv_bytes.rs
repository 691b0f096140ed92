//! Lines of CSV, into memory or piece by piece to where they are kept.

use std::io;
use std::io::Write;

use crate::text;

/// Lines of one width, RFC 4180 quoting, `\n` ends. No cell is a formula or has several lines.
pub(super) struct CsvLines<W: Write, const WIDTH: usize>(csv::Writer<W>);

impl<W: Write, const WIDTH: usize> CsvLines<W, WIDTH> {
    pub(super) fn new(into: W, header: [&str; WIDTH]) -> io::Result<Self> {
        let mut lines = Self(csv::Writer::from_writer(into));
        lines.push(header)?;
        Ok(lines)
    }

    pub(super) fn push<T: AsRef<str>>(&mut self, fields: [T; WIDTH]) -> io::Result<()> {
        for field in &fields {
            self.0.write_field(text::cell(field.as_ref()).as_bytes())?;
        }
        // Ends the line.
        self.0.write_record(None::<&[u8]>)?;
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The same into memory.
pub(super) struct CsvBytes<const WIDTH: usize>(CsvLines<Vec<u8>, WIDTH>);

impl<const WIDTH: usize> CsvBytes<WIDTH> {
    pub(super) fn new(header: [&str; WIDTH]) -> Self {
        Self(CsvLines::new(Vec::new(), header).expect(IN_MEMORY))
    }

    pub(super) fn push<T: AsRef<str>>(&mut self, fields: [T; WIDTH]) {
        self.0.push(fields).expect(IN_MEMORY);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0.0.into_inner().expect(IN_MEMORY)
    }
}

const IN_MEMORY: &str = "memory takes every line, and all have one width";

/// What a writer of lines makes, in memory.
pub(super) fn in_memory(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes).expect(IN_MEMORY);
    bytes
}
