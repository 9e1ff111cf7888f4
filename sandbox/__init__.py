"""Sandbox: a small external warehouse, ERP and supply-chain system for the demo and the tests.

They simulate systems of other companies: they share no code and no database with Throughline and
exchange messages with it over HTTP only.
"""
