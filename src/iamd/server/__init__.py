"""Everything between the socket and the chain: HTTP limits, iamd's own endpoints, first start, graceful stop."""
