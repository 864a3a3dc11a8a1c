"""The program: command line, wiring, and the process that runs the clock."""
