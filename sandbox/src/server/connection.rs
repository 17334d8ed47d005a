//! Sockets: requests in, replies out, and connections that break on purpose.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::Sandbox;
use crate::service::{Reply, Request};

/// Longest request body.
const BODY_BYTES: usize = 4 * 1024 * 1024;
/// Pause between two bytes of a dripping body.
const DRIP: Duration = Duration::from_millis(500);

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
            let reply = sandbox.answer(request).await;
            // An error from the service makes hyper close the connection with nothing said.
            if reply.broken {
                Err(Break)
            } else {
                Ok(write(reply))
            }
        }
    });
    // A client that goes away, or that we broke with, is no news.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
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
    } else {
        Body::from(reply.body)
    };
    response.body(body).unwrap_or_default()
}
