//! context_rules
