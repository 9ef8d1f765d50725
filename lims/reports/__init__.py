"""What we say: content, rendering, seal, issue, public check."""
