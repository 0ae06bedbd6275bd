"""Language models through LiteLLM, and the baselines that need none."""
