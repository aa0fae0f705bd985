//! The project file's tables and how an older file becomes a current one.
//!
//! Invariants: `user_version` is the number of steps applied; a step and its number are committed together, so a file is
//! never between two versions; a released step is never edited.

use rusqlite::Connection;

/// Written into the file's header, so that other tools and we know a project from any other database: "BVLM".
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"BVLM");

/// The steps from an empty file to the current version, oldest first.
pub(super) const STEPS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
    include_str!("schema/0007.sql"),
    include_str!("schema/0008.sql"),
];

/// The version of a file that this program writes.
pub(super) fn current_version() -> i64 {
    STEPS.len() as i64
}

/// The version of an open file.
pub(super) fn version_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Applies the steps that an older file lacks, each in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let applied = usize::try_from(version_of(connection)?).unwrap_or(0);
    for (index, step) in steps.iter().enumerate().skip(applied) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"];
        assert!(migrate(&mut connection, &steps).is_err());
        assert_eq!(version_of(&connection).unwrap(), 1);
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
        migrate(&mut connection, &["CREATE TABLE a (x)", "CREATE TABLE b (x)"]).unwrap();
        assert_eq!(version_of(&connection).unwrap(), 2);
    }
}
