"""Real servers on the loopback interface that behave as told."""
