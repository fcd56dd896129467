"""What `iamd check` reads and prints."""
