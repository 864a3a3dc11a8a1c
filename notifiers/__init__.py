"""What is told to whom: templates, rendering, and the channels that carry them."""
