"""A complete copy of a registry in one file, and the way back: database, checkpoints and public keys."""
