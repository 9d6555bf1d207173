"""Documents and the questions they answer."""
