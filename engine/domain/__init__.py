"""Values in, values out: no clock, file, socket, environment or SQL."""
