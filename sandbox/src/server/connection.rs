//! Sockets: requests in, replies out, and connections that break on purpose.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};

use super::Sandbox;
use crate::grpc;
use crate::service::{Reply, Request};

/// Longest request body.
const BODY_BYTES: usize = 4 * 1024 * 1024;
/// Pause between two bytes of a dripping body.
const DRIP: Duration = Duration::from_millis(500);
/// How long a body that breaks off is left on its way, so that what there is of it arrives.
const BEFORE_BREAK: Duration = Duration::from_millis(20);

/// Serves connections until the process ends.
///
/// # Errors
/// When a listener fails.
pub async fn serve(sandbox: Arc<Sandbox>, listeners: Vec<TcpListener>) -> io::Result<()> {
    let accepting = listeners.into_iter().map(|listener| {
        let sandbox = Arc::clone(&sandbox);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(converse(Arc::clone(&sandbox), stream));
            }
        })
    });
    let all: Vec<tokio::task::JoinHandle<io::Result<()>>> = accepting.collect();
    for one in all {
        one.await.map_err(io::Error::other)??;
    }
    Ok(())
}

/// The connection is to break without an answer.
#[derive(Debug)]
struct Break;

impl std::fmt::Display for Break {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Break {}

async fn converse(sandbox: Arc<Sandbox>, stream: TcpStream) {
    // Small answers must not wait for more to send.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let sandbox = Arc::clone(&sandbox);
        async move {
            let Ok(request) = read(request).await else {
                return Err(Break);
            };
            if grpc::is_call(&request) {
                return call(&sandbox, &request).await;
            }
            spoken(sandbox.answer(request).await)
        }
    });
    // A client that goes away, or that we broke with, is no news.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A reply as it is sent. An error makes hyper close the connection with nothing said.
fn spoken(reply: Reply) -> Result<hyper::Response<Body>, Break> {
    if reply.broken {
        Err(Break)
    } else {
        Ok(write(reply))
    }
}

/// A gRPC call: the same request by REST, and its answer in frames.
async fn call(sandbox: &Arc<Sandbox>, request: &Request) -> Result<hyper::Response<Body>, Break> {
    let rest = match grpc::to_rest(request) {
        Ok(rest) => rest,
        Err(answer) => return Ok(framed(answer)),
    };
    let reply = sandbox.answer(rest).await;
    match grpc::from_rest(request, &reply) {
        Some(answer) => Ok(framed(answer)),
        None => spoken(reply),
    }
}

/// The frame of a message, then the trailers that end it.
fn framed(answer: grpc::Answer) -> hyper::Response<Body> {
    let mut trailers = HeaderMap::new();
    for (name, value) in answer.trailers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            trailers.insert(name, value);
        }
    }
    let message = answer.frame.map(|frame| Frame::data(Bytes::from(frame)));
    let frames = message.into_iter().chain([Frame::trailers(trailers)]);
    let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
    let mut response = hyper::Response::new(Body::new(body));
    let kind = HeaderValue::from_static("application/grpc+proto");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

async fn read(request: hyper::Request<Incoming>) -> Result<Request, ()> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES)
        .collect()
        .await
        .map_err(|_| ())?;
    let headers = parts
        .headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let url = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    Ok(Request::new(
        parts.method.as_str(),
        url,
        headers,
        body.to_bytes().to_vec(),
    ))
}

fn write(reply: Reply) -> hyper::Response<Body> {
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = if reply.drip {
        let bytes = reply.body.into_iter();
        Body::from_stream(stream::unfold(bytes, |mut bytes| async {
            tokio::time::sleep(DRIP).await;
            let byte = bytes.next()?;
            Some((Ok::<_, Infallible>(Bytes::from(vec![byte])), bytes))
        }))
    } else if reply.cut {
        let whole = stream::once(async { Ok(Bytes::from(reply.body)) });
        let broken = stream::once(async {
            tokio::time::sleep(BEFORE_BREAK).await;
            Err(Break)
        });
        Body::from_stream(whole.chain(broken))
    } else {
        Body::from(reply.body)
    };
    response.body(body).unwrap_or_default()
}
