"""The house holds to its own documents: read from the sources, nothing is started."""
