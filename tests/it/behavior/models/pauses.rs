//! Budgets, kills, replays.
