//! The sandbox as a program: one port, one line of JSON, then silence.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use onbehalf_sandbox::idp::Seed;
use onbehalf_sandbox::server::{Sandbox, serve};
use onbehalf_sandbox::world::Manners;
use rand::RngCore as _;
use tokio::net::TcpListener;

/// The port when none is named.
const DEFAULT_PORT: u16 = 8788;

struct Asked {
    port: u16,
    /// Where the seed of the identity provider's keys is kept; fresh keys without.
    keys: Option<PathBuf>,
    /// How strictly the world behaves.
    manners: Manners,
}

fn asked() -> Result<Asked, String> {
    use lexopt::prelude::*;
    let (mut port, mut keys, mut manners) = (DEFAULT_PORT, None, Manners::strict());
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(|error| error.to_string())? {
        match argument {
            Long("port") => {
                let value = arguments.value().map_err(|error| error.to_string())?;
                port = value
                    .parse()
                    .map_err(|_| "--port takes a port number".to_owned())?;
            }
            Long("keys") => {
                let value = arguments.value().map_err(|error| error.to_string())?;
                keys = Some(PathBuf::from(value));
            }
            Long("manners") => {
                let value = arguments.value().map_err(|error| error.to_string())?;
                manners = value
                    .to_str()
                    .ok_or_else(|| "is no text".to_owned())
                    .and_then(|text| manners.but(text))
                    .map_err(|error| format!("--manners: {error}"))?;
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    Ok(Asked {
        port,
        keys,
        manners,
    })
}

/// The seed kept in this file; a new one where there is no file.
fn seed(kept: Option<&Path>) -> Result<Seed, String> {
    let mut seed = Seed::default();
    let Some(path) = kept else {
        rand::thread_rng().fill_bytes(&mut seed);
        return Ok(seed);
    };
    let unusable = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    if path.exists() {
        let bytes = fs::read(path).map_err(|error| unusable(&error))?;
        return bytes
            .try_into()
            .map_err(|_| unusable(&"is no seed of keys"));
    }
    rand::thread_rng().fill_bytes(&mut seed);
    fs::write(path, seed).map_err(|error| unusable(&error))?;
    Ok(seed)
}

async fn run() -> Result<(), String> {
    let Asked {
        port,
        keys,
        manners,
    } = asked()?;
    let seed = seed(keys.as_deref())?;
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
    let sandbox = Sandbox::new(format!("http://localhost:{port}"), seed, manners)?;
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
