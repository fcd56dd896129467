"""What the workers of one server have in common: memory that they share, made before they part."""
