"""The gateway: requests to services that enforce nothing themselves, decided by IAM and forwarded.

A request passes these modules in order: `recognise` (which operation of which service), `parameters`, `mapping` (which
actions on which resources), `judge` (may they), `forward` (to the upstream); `door` puts them together.
"""
