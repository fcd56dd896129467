"""Rules that an account's identities should keep, as AWS Config has them."""
