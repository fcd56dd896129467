"""The pages on which people sign in, for the programs that ask them to (`aws login`)."""
