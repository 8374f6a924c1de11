"""The ledger proven: checkpoints, verification, export and certificates, over what is stored."""
