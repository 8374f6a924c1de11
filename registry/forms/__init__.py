"""What people send: read, tidied, and refused at the right field. Deciding is left to the workflow."""
