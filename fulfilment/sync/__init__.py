"""Synchronisation rules of two systems as pure functions: no database, no Django."""
