"""Credential endpoints: where SDKs look for a role's credentials on AWS, served for any role.

The instance metadata service, the containers' credentials and EKS Pod Identity, in a process of their own (`iamd agent`)
or in the server. Nothing here decides who may assume a role: a `Source` asks STS.
"""
