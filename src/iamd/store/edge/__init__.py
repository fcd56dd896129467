"""What an edge node has of its control plane's records: a replica, sealed on disk, that is followed and never changed."""
