"""From what was asked to what happened: spec, plan, run."""
