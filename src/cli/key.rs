//! `behaviorvlm key`: keys of model servers in the keyring.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::console::{Common, Console};
use crate::vlm::http::{Endpoint, Secret};

/// Keep the key of a model server in the keyring, or take it out again.
///
/// A key there is used for its host where BEHAVIORVLM_API_KEY is not set. The keyring is that of the operating system: the Secret
/// Service on Linux, the Keychain on macOS, the Credential Manager on Windows.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm key set --host api.example.org < key.txt\n         behaviorvlm key forget --host api.example.org"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Keep a key, instead of the one that is kept for the host. It is read from standard input, never from the command line,
    /// which others can see.
    Set(HostArguments),
    /// Take the key of a host out of the keyring.
    Forget(HostArguments),
}

#[derive(Debug, Args)]
struct HostArguments {
    /// The server's name without http:// and port, as api.example.org.
    #[arg(long, value_name = "HOST", value_parser = host)]
    host: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        What::Set(arguments) => {
            let host = &arguments.host;
            let mut input = io::stdin().lock();
            if input.is_terminal() {
                eprintln!("The key for {host} (it is seen while you type), then Enter:");
            }
            let mut line = String::new();
            input.read_line(&mut line)?;
            let key = Secret::new(&line).ok_or_else(|| anyhow::anyhow!("no key came on standard input"))?;
            key.keep_for(host)?;
            let report = json!({ "host": host, "is_kept": true });
            console.print(&arguments.common, &report, || format!("The key for {host} is in the keyring."))?;
        }
        What::Forget(arguments) => {
            let host = &arguments.host;
            let was_kept = Secret::forget_for(host)?;
            let report = json!({ "host": host, "is_kept": false, "was_kept": was_kept });
            console.print(&arguments.common, &report, || match was_kept {
                true => format!("The key for {host} was taken out of the keyring."),
                false => format!("The keyring has no key for {host}."),
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A host as addresses name it.
fn host(text: &str) -> Result<String, String> {
    let wrong = || "write the server's name alone, as api.example.org".to_owned();
    let is_plain = |next: char| next.is_alphanumeric() || matches!(next, '.' | '-' | '_' | ':' | '[' | ']');
    if !text.chars().all(is_plain) || text.contains(':') && !text.starts_with('[') {
        return Err(wrong());
    }
    let host = Endpoint::new("", &format!("http://{text}")).map_err(|_| wrong())?.host();
    if host.is_empty() { Err(wrong()) } else { Ok(host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_alone() {
        assert_eq!(host("API.example.org"), Ok("api.example.org".to_owned()));
        assert_eq!(host("127.0.0.1"), Ok("127.0.0.1".to_owned()));
        assert_eq!(host("[::1]"), Ok("[::1]".to_owned()));
        for text in ["", "https://x.org", "x.org:8000", "me@x.org", "x.org/v1", "sk 123"] {
            assert!(host(text).is_err(), "{text}");
        }
    }
}
