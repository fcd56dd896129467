"""SAML 2.0: who an identity provider says is there, told by a response that it signed.

`response.read` is the door: it gives an `Assertion` whose every word was signed, or raises a `Refusal`. What is read is
never the document that came, but what the verified signature covers, written anew from its canonical form.
"""
