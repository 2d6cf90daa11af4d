pub mod bench;
pub mod figures;
pub mod matrix;
pub mod numbers;
pub mod record;
pub mod stress;
pub mod verdict;
pub mod whole_runs;
