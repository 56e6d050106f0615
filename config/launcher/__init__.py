"""Starts what a fresh machine lacks: PostgreSQL, Valkey and the project's own processes; standard library only."""
