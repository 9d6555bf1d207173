"""Every SQL statement of this context: one function, one statement; none begins or commits."""
