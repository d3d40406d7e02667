"""The local AMC: its HTTP API, AMC SQL on DuckDB, synthetic events. Imports nothing of the server."""
