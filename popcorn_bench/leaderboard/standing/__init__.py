"""How sure an order is: chances to come first, agreement of the rankings, sources of spread."""
