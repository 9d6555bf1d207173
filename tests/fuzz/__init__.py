"""What a stranger's bytes meet first, and what must hold of it whatever they are."""
