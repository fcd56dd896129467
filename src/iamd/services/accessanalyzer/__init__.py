"""IAM Access Analyzer: analyzers and their findings, checks of policies."""
