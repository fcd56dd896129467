"""The record in columns: files of events that DuckDB reads, and queries over them in a process of their own."""
