"""Whether the order of a table hangs on the member of the predictor: read, compute, say."""
