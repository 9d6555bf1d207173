"""Reading, cutting and finding documents."""
