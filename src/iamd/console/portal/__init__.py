"""The access portal of Identity Center: plain pages where its people sign in, see what they have been given, and let
programs have their access."""
