"""The operation log on MySQL, MariaDB and PostgreSQL, and what reads it on every database: queries, statistics, export."""
