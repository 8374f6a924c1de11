"""The yardstick: how long pages take in a large registry, beside a lean view and Django's own admin."""
