"""Write the plot once, let any language model improvise it, and get proof that it happened."""

__version__ = "0.1.0"
