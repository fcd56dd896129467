"""iamd: the AWS IAM system, self-hosted."""

from iamd import request_path

__version__ = "0.1.0"

request_path.install()
