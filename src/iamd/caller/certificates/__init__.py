"""X.509 certificates as evidence of who calls: chains, revocation, and what a certificate tells. Used by IAM Roles
Anywhere; pure, with the time as an argument."""
