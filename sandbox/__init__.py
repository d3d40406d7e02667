"""The local AMC: its HTTP API, AMC SQL on DuckDB, made-up events. Knows nothing of the server."""
