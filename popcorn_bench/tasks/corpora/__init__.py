"""Human micro-videos with engagement: training data, retrieval source, human anchor."""
