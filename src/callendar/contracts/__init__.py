"""What the engine asks of the outside: small promises, each implemented by an adapter."""
