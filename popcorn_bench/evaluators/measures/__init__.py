"""What trained predictors share: how good they are, and how people's videos score."""
