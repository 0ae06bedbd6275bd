"""Calls spread over processes, for rates that one process cannot keep up with."""
