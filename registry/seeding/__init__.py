"""The example registry, lived through the workflow from the readable files in `fixtures/example`."""
