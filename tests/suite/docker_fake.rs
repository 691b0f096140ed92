//! docker_fake
