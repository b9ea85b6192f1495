"""Tools on one SQL database: SQLite or PostgreSQL."""
