//! The studies' files and sections.
