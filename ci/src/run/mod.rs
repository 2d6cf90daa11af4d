pub mod checkout;
pub mod command;
pub mod environment;
pub mod normalize;
pub mod project;
pub mod queue;
pub mod sandbox;

pub use crate::run::checkout::Checkout;
pub use crate::run::project::Project;
pub use crate::run::sandbox::{LockFile, Sandbox};
