"""Settings, their shipped defaults, and the mappings of other systems' exports."""
