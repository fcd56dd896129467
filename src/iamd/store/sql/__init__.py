"""What the store asks of any database that speaks SQL: the statements, and the functions that run them.

The functions are synchronous; they take a `Connection`, which is what the databases' packages beside this one make.
"""
