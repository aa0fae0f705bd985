//! The optimal assignment of rows to columns, each column at most once: shortest augmenting paths with dual prices
//! (Jonker and Volgenant 1987). Rows may be left out where leaving out is cheaper; callers add a column of its own for that.

/// An optimal assignment with its proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    /// The column of each row.
    pub column_of: Vec<usize>,
    /// The price of each column, at most 0: with `cost − price`, every row's column is among the cheapest for it.
    pub column_price: Vec<f64>,
}

/// The column of each row so that the sum of `cost[row * columns + column]` is lowest.
///
/// `cost` is row-major, finite, with at least as many columns as rows.
///
/// # Panics
/// When `cost` is not `rows × columns` or there are fewer columns than rows: both are mistakes of the caller.
pub fn assign(cost: &[f64], rows: usize, columns: usize) -> Assigned {
    assert_eq!(cost.len(), rows * columns, "a cost for every row and column");
    assert!(rows <= columns, "a column for every row");
    const FREE: usize = usize::MAX;
    let mut row_price = vec![0.0; rows];
    let mut column_price = vec![0.0; columns];
    let mut row_of = vec![FREE; columns];
    let mut distance = vec![0.0; columns];
    let mut previous = vec![FREE; columns];
    let mut done = vec![false; columns];
    for start in 0..rows {
        distance.fill(f64::INFINITY);
        previous.fill(FREE);
        done.fill(false);
        let (mut row, mut reached, mut length) = (start, FREE, 0.0);
        // Dijkstra over columns; the prices keep all reduced costs non-negative.
        let end = loop {
            let mut next = (f64::INFINITY, FREE);
            for column in 0..columns {
                if done[column] {
                    continue;
                }
                let through = length + cost[row * columns + column] - row_price[row] - column_price[column];
                if through < distance[column] {
                    distance[column] = through;
                    previous[column] = reached;
                }
                if distance[column] < next.0 {
                    next = (distance[column], column);
                }
            }
            (length, reached) = next;
            done[reached] = true;
            if row_of[reached] == FREE {
                break reached;
            }
            row = row_of[reached];
        };
        row_price[start] += length;
        for column in 0..columns {
            if done[column] && column != end {
                row_price[row_of[column]] += length - distance[column];
                column_price[column] -= length - distance[column];
            }
        }
        let mut column = end;
        while column != FREE {
            let before = previous[column];
            row_of[column] = if before == FREE { start } else { row_of[before] };
            column = before;
        }
    }
    let mut column_of = vec![FREE; rows];
    for (column, row) in row_of.iter().enumerate().filter(|(_, row)| **row != FREE) {
        column_of[*row] = column;
    }
    Assigned { column_of, column_price }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cheapest(cost: &[f64], rows: usize, columns: usize, row: usize, used: u32) -> f64 {
        if row == rows {
            return 0.0;
        }
        (0..columns)
            .filter(|column| used >> column & 1 == 0)
            .map(|column| cost[row * columns + column] + cheapest(cost, rows, columns, row + 1, used | 1 << column))
            .fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #[test]
        fn no_other_assignment_is_cheaper(rows in 1usize..5, extra in 0usize..3, values in prop::collection::vec(0.0..100.0f64, 35)) {
            let columns = rows + extra;
            let cost = &values[..rows * columns];
            let assigned = assign(cost, rows, columns);
            for (row, column) in assigned.column_of.iter().enumerate() {
                let priced = |column: usize| cost[row * columns + column] - assigned.column_price[column];
                prop_assert!((0..columns).all(|other| priced(*column) <= priced(other) + 1e-9));
                prop_assert!(assigned.column_price[*column] <= 1e-9);
            }
            let found = assigned.column_of;
            let mut sorted = found.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), rows);
            let total: f64 = found.iter().enumerate().map(|(row, column)| cost[row * columns + column]).sum();
            prop_assert!((total - cheapest(cost, rows, columns, 0, 0)).abs() < 1e-9);
        }
    }
}
