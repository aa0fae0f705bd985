//! Stopping requests from outside, at once.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that stops all requests of the clients it was given to. Clones are the same switch; any thread may throw it.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Stops: requests on their way are dropped with their connections, waiting ones end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was thrown.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back once it is thrown.
    pub async fn stopped(&self) {
        // The sender lives as long as `self`, so that waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|is_stopped| *is_stopped).await;
    }
}
