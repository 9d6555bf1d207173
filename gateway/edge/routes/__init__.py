"""Routes: each is a call or two and a shape."""
