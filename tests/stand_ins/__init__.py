"""Small servers of ours that misbehave on demand, where a real counterpart would not."""
