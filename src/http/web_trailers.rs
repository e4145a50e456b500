//! The trailers that [gRPC-Web] puts into the data of a body.
//!
//! [gRPC-Web]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md

use std::io::IoSlice;

use bytes::Buf;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The most bytes of trailers that are read; fields beyond them are left out.
const LIMIT: usize = 16 * 1024;

/// How many bytes stand before a message, or before the trailers: a flag, and a length.
const PREFIX: usize = 5;

/// The flag of the trailers.
const IS_TRAILERS: u8 = 0x80;

/// How many pieces of a frame's data are looked at. `Bytes` are one piece.
const PIECES: usize = 16;

/// Finds the trailers in the data of a body, whatever the pieces are in which the data comes.
///
/// It holds nothing of the messages, and of the trailers at most 16 KiB.
#[derive(Debug, Default)]
pub(super) struct WebTrailers {
    /// `None` where the data is not encoded.
    base64: Option<Base64>,
    prefix: [u8; PREFIX],
    /// How many bytes of the prefix have come.
    prefix_len: usize,
    /// How many bytes are to come of the message, or of the trailers.
    left: usize,
    /// What has come of the trailers, once their prefix has.
    trailers: Option<Vec<u8>>,
    has_message: bool,
}

impl WebTrailers {
    /// Begins to read the body of a response with these headers, if it is gRPC-Web.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        const WEB: &[u8] = b"application/grpc-web";
        const TEXT: &[u8] = b"-text";
        let (start, rest) = headers.get(CONTENT_TYPE)?.as_bytes().split_at_checked(WEB.len())?;
        let is_text = rest.get(..TEXT.len()).is_some_and(|text| text.eq_ignore_ascii_case(TEXT));
        start.eq_ignore_ascii_case(WEB).then(|| Self { base64: is_text.then(Base64::default), ..Self::default() })
    }

    /// Reads on, and returns the trailers once all of them have come. It is not called again after that.
    pub(super) fn read(&mut self, data: &impl Buf) -> Option<HeaderMap> {
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let count = data.chunks_vectored(&mut pieces);
        pieces[..count].iter().find_map(|piece| self.read_piece(piece))
    }

    /// Whether a message has begun.
    pub(super) const fn has_message(&self) -> bool {
        self.has_message
    }

    fn read_piece(&mut self, piece: &[u8]) -> Option<HeaderMap> {
        let Some(mut base64) = self.base64.take() else { return self.read_bytes(piece) };
        let trailers = piece.iter().filter_map(|&digit| base64.decode(digit)).find_map(|byte| self.read_bytes(&[byte]));
        self.base64 = Some(base64);
        trailers
    }

    fn read_bytes(&mut self, mut bytes: &[u8]) -> Option<HeaderMap> {
        loop {
            if self.prefix_len < PREFIX {
                let missing = &mut self.prefix[self.prefix_len..];
                let now = take(&mut bytes, missing.len());
                missing[..now.len()].copy_from_slice(now);
                self.prefix_len += now.len();
                if self.prefix_len < PREFIX {
                    return None;
                }
                self.begin();
            }
            let now = take(&mut bytes, self.left);
            self.left -= now.len();
            if let Some(trailers) = &mut self.trailers {
                trailers.extend_from_slice(&now[..now.len().min(LIMIT - trailers.len())]);
            }
            match &self.trailers {
                _ if self.left > 0 => return None,
                Some(trailers) => return Some(fields(trailers)),
                None => self.prefix_len = 0,
            }
        }
    }

    /// Begins a message, or the trailers.
    fn begin(&mut self) {
        let [flags, length @ ..] = self.prefix;
        self.left = u32::from_be_bytes(length) as usize;
        self.trailers = (flags & IS_TRAILERS != 0).then(Vec::new);
        self.has_message |= self.trailers.is_none();
    }
}

/// Takes at most so many bytes from the front.
fn take<'a>(bytes: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (front, rest) = bytes.split_at(bytes.len().min(most));
    *bytes = rest;
    front
}

/// The fields of a block of headers as HTTP/1 has them. A line that is no field is left out.
fn fields(block: &[u8]) -> HeaderMap {
    // The last line may be cut.
    let end = if block.len() < LIMIT { None } else { block.iter().rposition(|&byte| byte == b'\n') };
    block[..end.unwrap_or(block.len())].split(|&byte| byte == b'\n').filter_map(field).collect()
}

fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_at(line.iter().position(|&byte| byte == b':')?);
    let name = HeaderName::from_bytes(name.trim_ascii()).ok()?;
    Some((name, HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?))
}

/// Decodes base64 digit by digit. A body may consist of several pieces, each with its own padding.
#[derive(Debug, Default)]
struct Base64 {
    /// The lowest `count` bits have not become a byte yet.
    bits: u32,
    count: u32,
}

impl Base64 {
    /// Returns a byte whenever there are enough bits for it. Anything but a digit ends a piece.
    fn decode(&mut self, digit: u8) -> Option<u8> {
        let Some(six) = six_bits(digit) else {
            *self = Self::default();
            return None;
        };
        self.bits = (self.bits << 6 | u32::from(six)) & 0xffff;
        self.count += 6;
        if self.count < 8 {
            return None;
        }
        self.count -= 8;
        let [_, _, _, byte] = (self.bits >> self.count).to_be_bytes();
        Some(byte)
    }
}

/// The digits of [RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-4).
const fn six_bits(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}
