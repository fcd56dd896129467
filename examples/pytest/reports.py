"""Code as it runs in production: it knows nothing of tests, endpoints or credentials."""

import boto3


def publish(name: str, text: str) -> None:
    """Store a report."""
    boto3.client("s3").put_object(Bucket="reports", Key=name, Body=text.encode())


def read(name: str) -> str:
    """A report's text."""
    text: bytes = boto3.client("s3").get_object(Bucket="reports", Key=name)["Body"].read()
    return text.decode()
