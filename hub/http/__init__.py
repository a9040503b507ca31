"""The door: GraphQL over HTTP as a raw ASGI endpoint, the status table, health, metrics, the log line of a request."""
