"""Bytes <-> typed calls, driven by AWS's service models: knows protocols, knows no service.

`model` reads the models, `aws_query` speaks the Query protocol of IAM and STS, `aws_json` the JSON protocol of
Organizations and others (`protocols` tells which), `validate` holds parameters against the
model, `errors` is the catalogue of failures, `quirks` and `patches.json` are where AWS's services differ or their models
are wrong.
"""
