"""Speed and memory of the main jobs, each measured against its floor in one run."""
