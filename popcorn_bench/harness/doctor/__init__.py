"""What this machine can run, and what would mend what it cannot."""
