"""What in the stream of events deserves somebody's attention: pure functions over events and what is remembered."""
