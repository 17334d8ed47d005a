//! The sandbox as a program: one port, one line of JSON, then silence.

use std::process::ExitCode;

use onbehalf_sandbox::server::{Sandbox, serve};
use tokio::net::TcpListener;

/// The port when none is named.
const DEFAULT_PORT: u16 = 8788;

fn port() -> Result<u16, String> {
    use lexopt::prelude::*;
    let mut port = DEFAULT_PORT;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(|error| error.to_string())? {
        match argument {
            Long("port") => {
                let value = arguments.value().map_err(|error| error.to_string())?;
                port = value
                    .parse()
                    .map_err(|_| "--port takes a port number".to_owned())?;
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    Ok(port)
}

async fn run() -> Result<(), String> {
    let port = port()?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| {
            if error.kind() == std::io::ErrorKind::AddrInUse {
                format!("port {port} is in use; choose another with --port")
            } else {
                format!("port {port} cannot be used: {error}")
            }
        })?;
    let mut listeners = vec![listener];
    // `localhost` may mean the other loopback address; where there is none, one is enough.
    listeners.extend(TcpListener::bind(("::1", port)).await.ok());
    let sandbox = Sandbox::new(format!("http://localhost:{port}"))?;
    println!("{}", sandbox.description());
    let mut ended = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| error.to_string())?;
    tokio::select! {
        served = serve(sandbox, listeners) => served.map_err(|error| error.to_string()),
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = ended.recv() => Ok(()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("sandbox: {message}");
            ExitCode::FAILURE
        }
    }
}
