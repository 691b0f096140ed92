//! live_engine
