//! A server with responses from a test.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::support::Request;

/// The delay between two bytes of a slow response. A server counts as silent after one second in
/// these tests.
const DRIP: Duration = Duration::from_millis(50);

/// Starts a server and returns its URL. `answer` writes the response to a request; then the
/// connection is closed.
pub(super) fn serve(answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), Arc::clone(&answer));
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let Some(request) = Request::read(&mut reader) else { return };
                if request.header("expect").is_some() {
                    let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
                let _ = reader.read_exact(&mut vec![0; request.length()]);
                answer(&request, &mut stream);
            });
        }
    });
    address
}

/// Writes a complete response, without its body for a `HEAD` request.
pub(super) fn whole(request: &Request, stream: &mut TcpStream, status: u16, body: &[u8]) {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} So\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let body = if request.method == "HEAD" { &[] } else { body };
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

/// Writes the head of a response of unknown length, then one byte at a time without an end.
pub(super) fn drip(stream: &mut TcpStream, status: u16, headers: &str) {
    let head = format!("HTTP/1.1 {status} So\r\n{headers}Connection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes());
    while stream.write_all(b" ").is_ok() {
        thread::sleep(DRIP);
    }
}

/// Writes the head of a response one byte at a time without an end.
pub(super) fn drip_head(stream: &mut TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 So\r\nX-Long: ");
    while stream.write_all(b"x").is_ok() {
        thread::sleep(DRIP);
    }
}

/// Writes a response of unknown length as fast as it is read.
pub(super) fn flood(stream: &mut TcpStream, status: u16) {
    let _ =
        stream.write_all(format!("HTTP/1.1 {status} So\r\nConnection: close\r\n\r\n").as_bytes());
    let blanks = vec![b' '; 1 << 16];
    while stream.write_all(&blanks).is_ok() {}
}
