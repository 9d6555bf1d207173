"""The reference monolith: ingest as one would write it first, honestly, in one FastAPI process."""
