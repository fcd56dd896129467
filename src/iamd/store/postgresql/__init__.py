"""The store on PostgreSQL, and on databases that speak its language.

Imported only when a setting asks for it: psycopg comes with the extra `postgres`.
"""
