//! A server on this machine that answers each request as a test says.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::support::Request;

/// How long it is between two bytes of an answer that drips: each comes long before a server counts as
/// silent, which is after a second here.
const DRIP: Duration = Duration::from_millis(50);

/// Starts a server; `answer` writes what it says to a request, and the connection is closed. Its
/// address.
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

/// Writes a whole answer, whose body is left out where only its head was asked for.
pub(super) fn whole(request: &Request, stream: &mut TcpStream, status: u16, body: &[u8]) {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} So\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let body = if request.method == "HEAD" { &[] } else { body };
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

/// Writes the head of an answer of unknown length, then a byte now and then, without an end.
pub(super) fn drip(stream: &mut TcpStream, status: u16, headers: &str) {
    let head = format!("HTTP/1.1 {status} So\r\n{headers}Connection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes());
    while stream.write_all(b" ").is_ok() {
        thread::sleep(DRIP);
    }
}

/// Writes an answer's head, a byte now and then, without an end.
pub(super) fn drip_head(stream: &mut TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 So\r\nX-Long: ");
    while stream.write_all(b"x").is_ok() {
        thread::sleep(DRIP);
    }
}

/// Writes an answer of unknown length that goes on as fast as it is read.
pub(super) fn flood(stream: &mut TcpStream, status: u16) {
    let _ =
        stream.write_all(format!("HTTP/1.1 {status} So\r\nConnection: close\r\n\r\n").as_bytes());
    let blanks = vec![b' '; 1 << 16];
    while stream.write_all(&blanks).is_ok() {}
}
