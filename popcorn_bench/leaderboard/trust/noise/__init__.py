"""How far scores of the same unit are apart when it is scored again."""
