"""Questions over all principals of a data directory, and accounts that come from elsewhere."""
