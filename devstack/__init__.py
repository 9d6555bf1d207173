"""What `make run` starts: the embedded engines, the process table and its supervisor."""
