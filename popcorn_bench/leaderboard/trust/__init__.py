"""How far to trust a board: what is known of its predictors, and which rows hang on them."""
