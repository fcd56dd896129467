"""Programs for working on iamd; none of them is installed with it."""
