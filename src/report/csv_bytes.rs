//! Writes CSV to memory.

use crate::text;

/// A CSV file with a fixed number of columns, RFC 4180 quoting and `\n` line ends. No cell is a
/// formula or spans several lines.
pub(super) struct CsvBytes<const WIDTH: usize>(csv::Writer<Vec<u8>>);

impl<const WIDTH: usize> CsvBytes<WIDTH> {
    pub(super) fn new(header: [&str; WIDTH]) -> Self {
        let mut lines = Self(csv::Writer::from_writer(Vec::new()));
        lines.push(header);
        lines
    }

    pub(super) fn push<T: AsRef<str>>(&mut self, fields: [T; WIDTH]) {
        let fields = fields.each_ref();
        self.0
            .write_record(fields.map(|field| text::cell(field.as_ref()).into_owned()))
            .expect("memory takes every line, and all have one width");
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0.into_inner().expect("memory takes every line")
    }
}
