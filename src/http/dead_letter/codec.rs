//! An HTTP request as bytes.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use tower::BoxError;

use crate::store::Codec;

/// Makes bytes of an HTTP request that is whole in memory: its method, URI, version, headers and body.
///
/// The bytes are the version of this form (1), the version of HTTP, the method, the URI, how many headers there are (4 bytes), their names
/// and values, and the body to the end. Before each text stands its length (4 bytes, big-endian). Extensions are left out. A secret
/// in a header, such as `Authorization`, is stored as it is, and may be of no more use when the letter is replayed.
#[derive(Clone, Copy, Debug, Default)]
pub struct WholeRequest;

const FORM: u8 = 1;

const VERSIONS: [Version; 5] = [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3];

impl Codec<Request<Bytes>> for WholeRequest {
    fn encode(&self, request: &Request<Bytes>) -> Result<Vec<u8>, BoxError> {
        let version =
            VERSIONS.iter().position(|version| *version == request.version()).ok_or("an unknown version of HTTP")?;
        let mut bytes = vec![FORM, u8::try_from(version)?];
        put(&mut bytes, request.method().as_str().as_bytes())?;
        put(&mut bytes, request.uri().to_string().as_bytes())?;
        bytes.extend(u32::try_from(request.headers().len())?.to_be_bytes());
        for (name, value) in request.headers() {
            put(&mut bytes, name.as_str().as_bytes())?;
            put(&mut bytes, value.as_bytes())?;
        }
        bytes.extend(request.body());
        Ok(bytes)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Request<Bytes>, BoxError> {
        let [form, version, rest @ ..] = bytes else { return Err("no request".into()) };
        if *form != FORM {
            return Err(format!("a request in form {form}, where this version reads {FORM}").into());
        }
        let mut rest = rest;
        let version = *VERSIONS.get(usize::from(*version)).ok_or("an unknown version of HTTP")?;
        let method = Method::from_bytes(text(&mut rest)?)?;
        let uri = Uri::try_from(text(&mut rest)?)?;
        let mut headers = HeaderMap::new();
        for _ in 0..number(&mut rest)? {
            let name = HeaderName::from_bytes(text(&mut rest)?)?;
            headers.try_append(name, HeaderValue::from_bytes(text(&mut rest)?)?)?;
        }
        let mut request = Request::new(Bytes::copy_from_slice(rest));
        (*request.method_mut(), *request.uri_mut(), *request.version_mut()) = (method, uri, version);
        *request.headers_mut() = headers;
        Ok(request)
    }
}

fn put(bytes: &mut Vec<u8>, text: &[u8]) -> Result<(), BoxError> {
    bytes.extend(u32::try_from(text.len())?.to_be_bytes());
    bytes.extend(text);
    Ok(())
}

fn number(rest: &mut &[u8]) -> Result<u32, BoxError> {
    let (number, left) = rest.split_first_chunk().ok_or("a request that is cut short")?;
    *rest = left;
    Ok(u32::from_be_bytes(*number))
}

fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], BoxError> {
    let length = usize::try_from(number(rest)?)?;
    let (text, left) = rest.split_at_checked(length).ok_or("a request that is cut short")?;
    *rest = left;
    Ok(text)
}
