"""Where media and scores are made: on this machine, or on the nodes of a cluster."""
