"""The other contexts, as this one calls them."""
