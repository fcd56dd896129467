"""What upstreams know of their resources and decisions depend on: policies, tags, owners, blocks of public access.

`questions` asks them, `kinds` says what there is to ask about which resource, `memory` keeps what they answered for a
while, and `facts` puts these together.
"""
