"""Django's PostgreSQL, asked by requests that do not wait for one that is away."""
