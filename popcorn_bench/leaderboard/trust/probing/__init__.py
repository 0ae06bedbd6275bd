"""What a metric hangs on, by how it answers to altered inputs: read, compute, say."""
