//! Checks on real mentors beside the repository.
