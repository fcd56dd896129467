"""iamd: the AWS IAM system, self-hosted."""

__version__ = "0.1.0"
