"""Bytes <-> typed calls, driven by AWS's service models: knows protocols, knows no service.

`model` reads the models, `aws_query` speaks the Query protocol of IAM and STS, `validate` holds parameters against the
model, `errors` is the catalogue of failures, `quirks` and `patches.json` are where AWS's services differ or their models
are wrong.
"""
