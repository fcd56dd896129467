"""`iamd test`: unit tests of policies. The format is in docs/reference/policy-tests.md."""
