"""What becomes of the record when processes are killed, servers stop and the power goes, under eight writers."""
