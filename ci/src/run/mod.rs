pub mod checkout;
pub mod command;
pub mod environment;
pub mod normalize;
pub mod project;
pub mod queue;
pub mod sandbox;
