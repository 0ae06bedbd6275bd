"""How a metric did on human videos that it had not seen: read, say."""
