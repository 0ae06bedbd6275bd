"""How far generated inputs are from the human ones that a predictor knows: read, say."""
