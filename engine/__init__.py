"""The engine: a pure domain, the use cases over it, and the store that keeps its facts."""
