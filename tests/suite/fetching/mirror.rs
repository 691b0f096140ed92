//! A mirror that misbehaves.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Files by their path. The first request for each gets an error, the second one half of the
/// file; later ones get the file. Paths that it does not have are not found.
pub(super) struct Mirror {
    pub(super) url: String,
    files: Files,
}

type Files = Arc<Mutex<BTreeMap<String, File>>>;

struct File {
    content: Vec<u8>,
    requests: u32,
}

impl Mirror {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let files = Files::default();
        let served = Arc::clone(&files);
        // Ends with the program: the listener has no other owner.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let files = Arc::clone(&served);
                std::thread::spawn(move || {
                    let _ = serve(stream, &files);
                });
            }
        });
        Self { url, files }
    }

    pub(super) fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        let file = File {
            content: content.into(),
            requests: 0,
        };
        self.files.lock().unwrap().insert(path.to_owned(), file);
    }

    /// How often a file was asked for.
    pub(super) fn requests(&self, path: &str) -> u32 {
        self.files.lock().unwrap()[path].requests
    }

    /// Each file was asked for after the error and after the cut transfer.
    pub(super) fn assert_misbehaved(&self, paths: &[&str]) {
        for path in paths {
            let requests = self.requests(path);
            assert!(requests >= 3, "{path} was asked for {requests} times");
        }
    }
}

fn serve(mut stream: TcpStream, files: &Files) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default().to_owned();
    // Without ranges: a client that goes on in the middle is answered with the whole file.
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let (status, content, sent) = match files.lock().unwrap().get_mut(&path) {
        None => ("404 Not Found", Vec::new(), 0),
        Some(file) => {
            file.requests += 1;
            let size = file.content.len();
            match file.requests {
                1 => ("503 Service Unavailable", Vec::new(), 0),
                2 => ("200 OK", file.content.clone(), size / 2),
                _ => ("200 OK", file.content.clone(), size),
            }
        }
    };
    let size = content.len();
    // pip reads an index of this type only.
    let kind = match path.ends_with('/') {
        true => "text/html",
        false => "application/octet-stream",
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&content[..sent])
}
