"""Reading files, cutting them into passages, finding what answers a question. Nothing here knows a database."""
