"""SCIM 2.0 for identity stores: an identity provider keeps users and groups in step.

It is the subset of RFC 7643 and 7644 that AWS has, which is no API of an AWS service model:
https://docs.aws.amazon.com/singlesignon/latest/developerguide/what-is-scim.html
"""
