"""A small external warehouse and ERP, to run beside the demo and the tests.

They stand for systems of other people: they share no code and no database with Throughline and
speak to it over the network only.
"""
