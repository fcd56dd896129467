"""The authorization API: may that subject do this to that resource? Asked by other programs, answered by the engine.

OpenID AuthZEN Authorization API 1.0: https://openid.net/specs/authorization-api-1_0.html
"""
